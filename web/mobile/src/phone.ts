/** What to call this device, as far as the browser says: "Pixel 8", "iPhone", "Linux". */
export function phoneName(agent: string): string {
  const model = /Android [\d.]+; ([^;)]+?)(?: Build\/[^;)]*)?[;)]/.exec(agent)?.[1]?.trim() ?? ''
  if (model && model !== 'K' && !/^wv$/i.test(model)) return model.slice(0, 40)
  return ['iPhone', 'iPad', 'HarmonyOS', 'Android', 'Windows', 'Macintosh', 'Linux'].find(name => agent.includes(name))?.replace('Macintosh', 'Mac') ?? 'Web'
}
