import { expect, test } from 'bun:test'
import { nameCountry } from '~/web/shared/country-codes.ts'
import { MAP_LEVELS, pickLevel } from '~/web/shared/map-scale.ts'
import { listShapes } from '~/web/shared/world-shapes.ts'

const shapes = listShapes()

test('world map: every shape has a path, and a country of its own except disputed territories', () => {
  const codes = shapes.flatMap(({ code }) => (code === null ? [] : [code]))
  expect(shapes.map(({ path }) => path)).not.toContain('')
  expect(shapes.length - codes.length).toBe(2)
  expect(new Set(codes).size).toBe(codes.length)
  expect(codes).toContain('XK')
})

test.each([
  ['US', 'United States'],
  ['CD', 'Congo - Kinshasa'],
  ['TW', 'Taiwan'],
])('world map: the shape of %s is that of %s', (code, name) => {
  expect(shapes.map((shape) => shape.code)).toContain(code)
  expect(nameCountry(code)).toBe(name)
})

test('world map: a country without validations has no shade, and any other has one', () => {
  expect(pickLevel(0, 1000)).toBe(0)
  expect(pickLevel(1, 1_000_000)).toBe(1)
  expect(pickLevel(250, 1000)).toBe(3)
  expect(pickLevel(1000, 1000)).toBe(MAP_LEVELS)
  expect(pickLevel(0, 0)).toBe(0)
})
