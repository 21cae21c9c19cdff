import { expect, test } from 'bun:test'
import { CONTRAST_MIN, computeBrandColors, computeContrast } from '~/domain/brand-colors.ts'

test.each([
  ['#ffffff', '#000000', 21],
  ['#ffffff', '#ffffff', 1],
  ['#777777', '#ffffff', 4.48],
  ['#767676', '#ffffff', 4.54],
  ['#f00', '#ffffff', 4],
])('brand colors: the contrast of %p and %p is %p', (one, other, contrast) => {
  expect(computeContrast(one, other)).toBeCloseTo(contrast, 1)
  expect(computeContrast(other, one)).toBeCloseTo(contrast, 1)
})

test('brand colors: text of every hue is readable on light and on dark pages', () => {
  const levels = ['00', '33', '80', 'b3', 'ff']
  for (const red of levels) {
    for (const green of levels) {
      for (const blue of levels) {
        const color = `#${red}${green}${blue}`
        const { onLight, onDark } = computeBrandColors(color)
        expect(computeContrast(onLight, '#eff1f4'), color).toBeGreaterThanOrEqual(CONTRAST_MIN)
        expect(computeContrast(onDark, '#1d222b'), color).toBeGreaterThanOrEqual(CONTRAST_MIN)
      }
    }
  }
})

test('brand colors: a color that is readable as it is stays the same', () => {
  expect(computeBrandColors('#0a58ca').onLight).toBe('#0a58ca')
  expect(computeBrandColors('#ffcc00').onDark).toBe('#ffcc00')
  expect(computeBrandColors('#fc0').onDark).toBe('#ffcc00')
})
