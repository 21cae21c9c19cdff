/** The size of the map in units of its own. */
export const MAP_WIDTH = 960
export const MAP_HEIGHT = 440

/** Shades of the map besides that of countries without any validation. */
export const MAP_LEVELS = 5

/**
 * Returns the shade of a country, from 0 (none) to `MAP_LEVELS`. Shades follow the square root of the
 * count, because with a linear scale the largest country hides all others.
 */
export function pickLevel(count: number, largest: number): number {
  if (count <= 0 || largest <= 0) return 0
  return Math.max(1, Math.min(MAP_LEVELS, Math.ceil(Math.sqrt(count / largest) * MAP_LEVELS)))
}
