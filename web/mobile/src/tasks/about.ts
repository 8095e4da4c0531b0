// What tells one document from the next of the same title, where no fields do.
export const about = (one: { description: string; reference: string }): string => [one.description.split('\n')[0], one.reference].filter(Boolean).join(' · ')
