import { afterEach, expect, it } from 'vitest'
import { session, type Session } from '../session'
import { question } from './confirm'
import { mayLeave } from './unsaved'

const asked = () => ({ title: 'leave?', text: '', act: 'leave' })
afterEach(() => { session.now = null; question.value = null })

it('asks before what is not saved is lost', async () => {
  session.now = {} as Session
  const left = mayLeave(true, asked)
  expect(question.value?.title).toBe('leave?')
  question.value?.answer(null)
  expect(await left).toBe(false)
  expect(await mayLeave(false, asked)).toBe(true)
})
it('keeps nobody on the page whose session ended', async () => {
  expect(await mayLeave(true, asked)).toBe(true)
  expect(question.value).toBe(null)
})
