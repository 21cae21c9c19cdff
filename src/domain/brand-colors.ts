/** WCAG 2.2, §1.4.3: the contrast of text of a usual size. */
export const CONTRAST_MIN = 4.5
/** The grounds of the pages with the least contrast: the darkest light one, and the lightest dark one. */
const LIGHT_BACKGROUND = '#eff1f4'
const DARK_BACKGROUND = '#1d222b'
const STEPS = 256

/** A color in the variants that pages need, each as `#rrggbb`. */
export interface BrandColors {
  /** Dark enough for text on light pages, and for white text on it. */
  readonly onLight: string
  /** Light enough for text on dark pages, and for dark text on it. */
  readonly onDark: string
}

type Rgb = readonly [red: number, green: number, blue: number]

const white: Rgb = [255, 255, 255]
const black: Rgb = [0, 0, 0]

/** Returns the variants of a color such as `#0a7cff` or `#abc`, as close to it as possible. */
export function computeBrandColors(color: string): BrandColors {
  const rgb = parseColor(color)
  return {
    onLight: formatColor(shiftUntilReadable(rgb, black, parseColor(LIGHT_BACKGROUND))),
    onDark: formatColor(shiftUntilReadable(rgb, white, parseColor(DARK_BACKGROUND))),
  }
}

/** Returns the contrast of two colors, from 1 to 21 (WCAG 2.2, contrast ratio). */
export function computeContrast(one: string, other: string): number {
  return contrastOf(parseColor(one), parseColor(other))
}

/** Mixes a color with black or white, only as far as the contrast needs. */
function shiftUntilReadable(rgb: Rgb, toward: Rgb, background: Rgb): Rgb {
  for (let step = 0; step < STEPS; step += 1) {
    const mixed = mix(rgb, toward, step / STEPS)
    if (contrastOf(mixed, background) >= CONTRAST_MIN) return mixed
  }
  return toward
}

function mix(one: Rgb, other: Rgb, share: number): Rgb {
  const at = (index: 0 | 1 | 2) => Math.round(one[index] * (1 - share) + other[index] * share)
  return [at(0), at(1), at(2)]
}

function contrastOf(one: Rgb, other: Rgb): number {
  const [lighter, darker] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => b - a)
  return ((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05)
}

/** The relative luminance of sRGB, from 0 to 1. */
function luminanceOf([red, green, blue]: Rgb): number {
  return 0.2126 * linearize(red) + 0.7152 * linearize(green) + 0.0722 * linearize(blue)
}

function linearize(channel: number): number {
  const share = channel / 255
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
}

function parseColor(color: string): Rgb {
  const digits = color.slice(1)
  const long = digits.length === 3 ? digits.replaceAll(/./g, '$&$&') : digits
  const at = (index: number) => Number.parseInt(long.slice(index, index + 2), 16)
  return [at(0), at(2), at(4)]
}

function formatColor(rgb: Rgb): string {
  return `#${rgb.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`
}
