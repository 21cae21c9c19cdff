import { expect, test } from 'bun:test'
import { createGuesses } from '~/edge/guesses.ts'

const address = '192.0.2.1'

function openGuesses() {
  let elapsedMs = 1000
  const guesses = createGuesses(() => elapsedMs)
  const pass = (ms: number) => {
    elapsedMs += ms
  }
  const guess = (times: number) => {
    for (let count = 0; count < times; count += 1) guesses.record(address)
  }
  return { guesses, pass, guess }
}

test('edge guesses: the 31st unknown key of an address within a minute is refused', () => {
  const { guesses, pass, guess } = openGuesses()
  guess(30)
  expect(() => guess(1)).toThrow('Too many failed attempts')
  guesses.record('192.0.2.2')
  pass(60_000)
  guess(30)
})

test('edge guesses: an address that guesses is forwarded at most twenty times a second', () => {
  const { guesses, pass, guess } = openGuesses()
  guess(30)
  for (let count = 0; count < 20; count += 1) guesses.requireRoom(address)
  expect(() => guesses.requireRoom(address)).toThrow('Too many failed attempts')
  guesses.requireRoom('192.0.2.2')
  pass(999)
  expect(() => guesses.requireRoom(address)).toThrow('Too many failed attempts')
  pass(1)
  guesses.requireRoom(address)
})

test('edge guesses: an unknown key is remembered until anything changes', () => {
  const { guesses } = openGuesses()
  guesses.remember('hash', 'body')
  expect(guesses.recall('hash')).toBe('body')
  expect(guesses.recall('another hash')).toBeUndefined()
  guesses.forget()
  expect(guesses.recall('hash')).toBeUndefined()
})
