import { geoEqualEarth, geoPath } from 'd3-geo'
import { feature } from 'topojson-client'
import world from 'world-atlas/countries-110m.json'
import { findCountryCode } from './country-codes.ts'
import { MAP_HEIGHT, MAP_WIDTH } from './map-scale.ts'

/** A country or territory. `code` is null if it has none, so nothing is ever counted there. */
export interface Shape {
  readonly code: string | null
  readonly path: string
}

/** It has no inhabitants, and takes a sixth of the map. */
const ANTARCTICA = '010'

/** Returns all shapes as SVG paths in a box of `MAP_WIDTH` by `MAP_HEIGHT`, in the Equal Earth projection. */
export function listShapes(): readonly Shape[] {
  // TypeScript reads the type of a topology from the JSON more loosely than it is.
  const topology = world as unknown as Parameters<typeof feature>[0]
  const { countries } = topology.objects
  if (countries?.type !== 'GeometryCollection') return []
  const { features } = feature(topology, countries)
  const inhabited = features.filter(({ id }) => id !== ANTARCTICA)
  const collection = { type: 'FeatureCollection' as const, features: inhabited }
  const projection = geoEqualEarth().fitSize([MAP_WIDTH, MAP_HEIGHT], collection)
  const toPath = geoPath(projection).digits(1)
  return inhabited.map((shape) => ({
    code: findCountryCode(String(shape.id ?? ''), String(shape.properties?.name)),
    path: toPath(shape) ?? '',
  }))
}
