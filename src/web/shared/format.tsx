import { useEffect, useState } from 'preact/hooks'

const numbers = new Intl.NumberFormat()
const days = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const times = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const distances = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })

export const formatNumber = (value: number): string => numbers.format(value)

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

/** Formats a number of bytes, such as `12.3 MB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), 4)
  return new Intl.NumberFormat(undefined, {
    style: 'unit',
    unit: BYTE_UNITS[power] ?? 'byte',
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: power === 0 ? 0 : 1,
  }).format(bytes / 1000 ** power)
}

const UNITS = [
  ['year', 31_536_000_000],
  ['month', 2_592_000_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

/** Formats a time as a distance from now, such as `3 days ago` or `in 2 hours`. */
export function formatDistance(timestamp: string, nowMs = Date.now()): string {
  const distanceMs = Date.parse(timestamp) - nowMs
  for (const [unit, unitMs] of UNITS) {
    const count = Math.trunc(distanceMs / unitMs)
    if (count !== 0) return distances.format(count, unit)
  }
  return distances.format(0, 'second')
}

export const formatDay = (timestamp: string): string => days.format(new Date(timestamp))
export const formatTime = (timestamp: string): string => times.format(new Date(timestamp))

const dayTimes = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })
const secondTimes = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })
const MINUTE_MS = 60_000

/** Formats the end of something, such as `5:20 PM`, by which it is certainly over. */
export function formatEnd(timestamp: string, nowMs = Date.now()): string {
  const end = new Date(Math.ceil(Date.parse(timestamp) / MINUTE_MS) * MINUTE_MS)
  const isToday = end.toDateString() === new Date(nowMs).toDateString()
  return (isToday ? dayTimes : times).format(end)
}

const DURATION_UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** Formats a duration in the largest unit that fits, such as `1 hour` or `90 minutes`. */
export function formatDuration(seconds: number): string {
  const fits = DURATION_UNITS.find(([, each]) => seconds >= each && seconds % each === 0)
  const [unit, each] = fits ?? ['second', 1]
  const style = { style: 'unit', unit, unitDisplay: 'long' } as const
  return new Intl.NumberFormat(undefined, style).format(seconds / each)
}

/** The day and the time for people in the visitor's time zone; UTC is in the tooltip. */
export function Time({ at, as = 'time' }: { at: string; as?: keyof typeof timeFormats }) {
  return (
    <time dateTime={at} title={toUtc(at)}>
      {timeFormats[as](at)}
    </time>
  )
}

const timeFormats = {
  time: formatTime,
  day: formatDay,
  /** The time of a day that is clear, to the second. */
  second: (timestamp: string) => secondTimes.format(new Date(timestamp)),
  /** A time by which something is certainly over. */
  end: (timestamp: string) => formatEnd(timestamp),
}

/** A time as its distance from now, which stays up to date. */
export function Ago({ at }: { at: string }) {
  const [, update] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => update((count) => count + 1), 30_000)
    return () => clearInterval(timer)
  }, [])
  return (
    <time dateTime={at} title={`${formatTime(at)} (${toUtc(at)})`}>
      {formatDistance(at)}
    </time>
  )
}

const TIMESTAMP = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/

/** A text of the server, with the times in it as people read them. */
export function TextWithTimes({ text }: { text: string }) {
  return (
    <>
      {text
        .split(TIMESTAMP)
        .map((part, index) => (index % 2 === 0 ? part : <Time key={index} at={part} />))}
    </>
  )
}

const toUtc = (timestamp: string) => `${timestamp.slice(0, 19).replace('T', ' ')} UTC`

/** Formats a list, such as `a, b and c`. */
export function formatList(items: readonly string[]): string {
  return new Intl.ListFormat(undefined).format(items)
}

/** Returns a count with its noun: `1 license`, `2 licenses`. */
export function count(value: number, noun: string, plural = `${noun}s`): string {
  return `${formatNumber(value)} ${value === 1 ? noun : plural}`
}
