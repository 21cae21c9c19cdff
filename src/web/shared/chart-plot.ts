import uPlot from 'uplot'

/** A line of the chart. */
export interface Line {
  /** The name of a custom property of CSS, such as `--series-1`. */
  readonly color: string
  /** Lengths of dashes and gaps in pixels, so that lines differ without color as well. */
  readonly dash?: readonly number[]
  /** Whether the area under the line has a tint. */
  readonly isFilled?: boolean
}

export interface PlotOptions {
  readonly lines: readonly Line[]
  readonly height: number
  readonly formatCount: (count: number) => string
  /** Reports the index of the time under the pointer, and null when it leaves. */
  readonly onPoint: (index: number | null) => void
}

/** `times` are in seconds since 1970, and each line has one value for each of them. */
export interface PlotPoints {
  readonly times: readonly number[]
  readonly values: readonly (readonly number[])[]
}

export interface Plot {
  update(points: PlotPoints): void
  destroy(): void
}

const AXIS_FONT_PX = 12
const AREA_OPACITY = 0.1
const DAY_SECONDS = 86_400
/** The highest value of the axis if there are no larger ones, so that an empty chart has a scale. */
const SCALE_MIN = 4

const hourFormat = new Intl.DateTimeFormat(undefined, {
  hour: 'numeric',
  minute: '2-digit',
  timeZone: 'UTC',
})
const dayFormat = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
})

/**
 * Draws lines over time in UTC, as wide as the element. Colors are read from CSS at each drawing, and it
 * draws again when the element is resized or the color scheme changes.
 */
export function createPlot(element: HTMLElement, options: PlotOptions, points: PlotPoints): Plot {
  const plot = new uPlot(buildOptions(element, options), toData(points), element)
  const observer = new ResizeObserver(() => {
    // A hidden element has no width.
    if (element.clientWidth > 0)
      plot.setSize({ width: element.clientWidth, height: options.height })
  })
  observer.observe(element)
  const scheme = matchMedia('(prefers-color-scheme: dark)')
  const redraw = () => plot.redraw(false, true)
  scheme.addEventListener('change', redraw)
  return {
    update: (changed) => plot.setData(toData(changed)),
    destroy: () => {
      observer.disconnect()
      scheme.removeEventListener('change', redraw)
      plot.destroy()
    },
  }
}

const toData = ({ times, values }: PlotPoints): uPlot.AlignedData => [
  [...times],
  ...values.map((each) => [...each]),
]

function buildOptions(element: HTMLElement, options: PlotOptions): uPlot.Options {
  const { lines, height, formatCount, onPoint } = options
  const read = (name: string) => () => readColor(element, name)
  const axis: uPlot.Axis = {
    stroke: read('--muted'),
    font: `${AXIS_FONT_PX}px ${getComputedStyle(element).fontFamily}`,
    ticks: { show: false },
  }
  const formatSplits = (_: uPlot, splits: number[]) => splits.map(formatCount)
  const formatTimes = (_: uPlot, splits: number[]) => splits.map(formatTime)
  const counts = { size: 52, space: 40, incrs: countSteps, values: formatSplits }
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    padding: [8, 20, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { y: { range: (_, __, max) => [0, Math.max(max * 1.1, SCALE_MIN)] } },
    axes: [
      { ...axis, grid: { show: false }, size: 28, space: 64, values: formatTimes },
      { ...axis, ...counts, grid: { stroke: read('--line'), width: 1 } },
    ],
    series: [{}, ...lines.map((line) => buildSeries(line, element))],
    hooks: { setCursor: [({ cursor: { idx } }) => onPoint(idx ?? null)] },
  }
}

/** Returns the color as a canvas understands it: computed by the browser for the scheme in use. */
function readColor(element: HTMLElement, name: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${name})`
  element.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

/** Whole numbers only, because there is no half validation. */
const countSteps = Array.from({ length: 13 }, (_, exponent) => 10 ** exponent).flatMap((power) =>
  [1, 2, 5].map((factor) => factor * power),
)

function buildSeries({ color, dash, isFilled = false }: Line, element: HTMLElement): uPlot.Series {
  const stroke = () => readColor(element, color)
  return {
    stroke,
    width: 2,
    ...(dash && { dash: [...dash] }),
    ...(isFilled && { fill: () => fade(stroke()) }),
    points: { show: false },
  }
}

/** Returns a computed color, `rgb(…)`, with little opacity. */
const fade = (color: string): string =>
  color.replace(/\)$/, ` / ${AREA_OPACITY})`).replaceAll(',', '')

/** Midnight is shown as a date, so that hours need no second line. */
function formatTime(seconds: number): string {
  const isMidnight = seconds % DAY_SECONDS === 0
  return (isMidnight ? dayFormat : hourFormat).format(seconds * 1000)
}
