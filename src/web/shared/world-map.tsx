import { useMemo, useRef, useState } from 'preact/hooks'
import { useChunk, useIsNear } from './chunk.ts'
import { nameCountry } from './country-codes.ts'
import { formatNumber } from './format.tsx'
import { MAP_HEIGHT, MAP_LEVELS, MAP_WIDTH, pickLevel } from './map-scale.ts'
import { formatShare } from './numbers.ts'

interface WorldMapProps {
  /** Counts by the two letters of the country. */
  readonly countries: Readonly<Record<string, number>>
  /** Validations without a known country. */
  readonly unknown: number
}

const load = () => import('./world-shapes.ts')

/**
 * A map with a shade for each country, by its count. Countries that it has no shape for are listed
 * beside it. A table of the same counts must be next to it, for readers who do not see the map.
 */
export function WorldMap({ countries, unknown }: WorldMapProps) {
  const figure = useRef<HTMLElement>(null)
  const chunk = useChunk(load, useIsNear(figure))
  const module = chunk.state === 'loaded' ? chunk.module : null
  const shapes = useMemo(() => module?.listShapes() ?? null, [module])
  const [hint, setHint] = useState<Hint | null>(null)
  const largest = Math.max(0, ...Object.values(countries))
  const total = Object.values(countries).reduce((sum, count) => sum + count, unknown)

  const showHint = (event: PointerEvent & { readonly currentTarget: Element }) => {
    const code = event.target instanceof Element ? event.target.getAttribute('data-code') : null
    const frame = event.currentTarget.getBoundingClientRect()
    const x = (event.clientX - frame.left) / frame.width
    setHint(code === null ? null : { code, x, top: event.clientY - frame.top })
  }

  return (
    <figure class="world-map" ref={figure}>
      <div class="world-map-frame" onPointerMove={showHint} onPointerLeave={() => setHint(null)}>
        <svg
          viewBox={`0 0 ${MAP_WIDTH} ${MAP_HEIGHT}`}
          role="img"
          aria-label={describe(countries, total)}
        >
          {shapes?.map(({ code, path }) => (
            <path
              key={path}
              d={path}
              class={`level-${pickLevel(countries[code ?? ''] ?? 0, largest)}`}
              data-code={code}
            />
          ))}
        </svg>
        {hint !== null && <HintBox hint={hint} count={countries[hint.code] ?? 0} total={total} />}
        {chunk.state === 'failed' && (
          <p class="muted">The map could not be loaded. The table has its values.</p>
        )}
      </div>
      <figcaption class="small muted">
        <Scale largest={largest} />
        {shapes !== null && <Unmapped {...{ countries, unknown }} shapes={shapes} />}
      </figcaption>
    </figure>
  )
}

interface Hint {
  readonly code: string
  /** From 0 at the left edge to 1 at the right. */
  readonly x: number
  readonly top: number
}

function HintBox({ hint, count, total }: { hint: Hint; count: number; total: number }) {
  // The box grows towards the middle, so that it stays within the map.
  const side = hint.x < 0.5 ? { left: `${hint.x * 100}%` } : { right: `${(1 - hint.x) * 100}%` }
  return (
    <div class="world-map-hint" aria-hidden="true" style={{ ...side, top: `${hint.top}px` }}>
      {nameCountry(hint.code)} <strong class="number">{formatNumber(count)}</strong>{' '}
      <span class="muted">{formatShare(count, total)}</span>
    </div>
  )
}

function Scale({ largest }: { largest: number }) {
  if (largest === 0) return null
  return (
    <span class="world-map-scale" aria-hidden="true">
      1
      {Array.from({ length: MAP_LEVELS }, (_, index) => (
        <i key={index} class={`level-${index + 1}`} />
      ))}
      {formatNumber(largest)}
    </span>
  )
}

interface UnmappedProps extends WorldMapProps {
  readonly shapes: readonly { readonly code: string | null }[]
}

function Unmapped({ countries, unknown, shapes }: UnmappedProps) {
  const mapped = new Set(shapes.map(({ code }) => code))
  const missing = Object.entries(countries)
    .filter(([code]) => !mapped.has(code))
    .map(([code, count]) => `${nameCountry(code)} ${formatNumber(count)}`)
  return (
    <>
      {missing.length > 0 && <span>Too small for the map: {missing.join(', ')}.</span>}
      {unknown > 0 && <span>Unknown country: {formatNumber(unknown)}.</span>}
    </>
  )
}

const DESCRIBED_MAX = 3

function describe(countries: WorldMapProps['countries'], total: number): string {
  const largest = Object.entries(countries)
    .sort(([, one], [, other]) => other - one)
    .slice(0, DESCRIBED_MAX)
    .map(([code, count]) => `${nameCountry(code)} ${formatShare(count, total)}`)
  if (largest.length === 0) return 'A map of the world, without any validation.'
  return `A map of the world with the validations of each country. Most: ${largest.join(', ')}.`
}
