import { DAY, T0 } from '../samples.ts'

interface ClockCase {
  readonly id: string
  readonly description: string
  readonly floor: number
  /** `iat` of the verified tokens of a record. */
  readonly issuedAt: readonly number[]
  readonly builtAt?: number
  readonly now: number
  readonly expected: { readonly time: number; readonly behind: boolean; readonly floor: number }
}

function right(now: number, floor: number) {
  return { time: now, behind: false, floor }
}

function late(floor: number) {
  return { time: floor, behind: true, floor }
}

const cases: readonly ClockCase[] = [
  {
    id: 'first-start',
    description: 'Without a record, every time is right, and it is noted.',
    floor: 0,
    issuedAt: [],
    now: T0,
    expected: right(T0, T0),
  },
  {
    id: 'first-hour',
    description: 'In the first hour of 1970, nothing is noted.',
    floor: 0,
    issuedAt: [],
    now: 3599,
    expected: right(3599, 0),
  },
  {
    id: 'same',
    description: 'At the floor, the time is right.',
    floor: T0,
    issuedAt: [],
    now: T0,
    expected: right(T0, T0),
  },
  {
    id: 'before-an-hour',
    description: 'A floor that is less than an hour old stays.',
    floor: T0,
    issuedAt: [],
    now: T0 + 3599,
    expected: right(T0 + 3599, T0),
  },
  {
    id: 'after-an-hour',
    description: 'A floor that is an hour old rises.',
    floor: T0,
    issuedAt: [],
    now: T0 + 3600,
    expected: right(T0 + 3600, T0 + 3600),
  },
  {
    id: 'forward',
    description: 'A jump by ten years is right.',
    floor: T0,
    issuedAt: [],
    now: T0 + 3652 * DAY,
    expected: right(T0 + 3652 * DAY, T0 + 3652 * DAY),
  },
  {
    id: 'one-behind',
    description: 'One second behind is right.',
    floor: T0,
    issuedAt: [],
    now: T0 - 1,
    expected: right(T0 - 1, T0),
  },
  {
    id: '300-behind',
    description: '300 seconds behind are right.',
    floor: T0,
    issuedAt: [],
    now: T0 - 300,
    expected: right(T0 - 300, T0),
  },
  {
    id: '301-behind',
    description: '301 seconds behind are not: the floor counts.',
    floor: T0,
    issuedAt: [],
    now: T0 - 301,
    expected: late(T0),
  },
  {
    id: 'zero',
    description: 'A clock at 0 is behind.',
    floor: T0,
    issuedAt: [],
    now: 0,
    expected: late(T0),
  },
  {
    id: 'token-above-floor',
    description: 'A token that was issued after the floor counts.',
    floor: T0,
    issuedAt: [T0 + DAY],
    now: T0,
    expected: late(T0 + DAY),
  },
  {
    id: 'token-below-floor',
    description: 'A token that was issued before the floor does not.',
    floor: T0,
    issuedAt: [T0 - DAY],
    now: T0,
    expected: right(T0, T0),
  },
  {
    id: 'token-raises-floor',
    description: 'The floor rises to the time of a token.',
    floor: T0 - DAY,
    issuedAt: [T0],
    now: T0 + 60,
    expected: right(T0 + 60, T0),
  },
  {
    id: 'latest-token',
    description: 'Of two tokens, the later one counts.',
    floor: 0,
    issuedAt: [T0, T0 + DAY],
    now: T0,
    expected: late(T0 + DAY),
  },
  {
    id: 'built-later',
    description: 'No clock is right that is before the build of the app.',
    floor: T0,
    issuedAt: [T0],
    builtAt: T0 + DAY,
    now: T0,
    expected: late(T0 + DAY),
  },
  {
    id: 'built-earlier',
    description: 'An old build has no effect.',
    floor: T0,
    issuedAt: [],
    builtAt: T0 - DAY,
    now: T0,
    expected: right(T0, T0),
  },
  {
    id: 'hour-after-token',
    description: 'The hour begins at the latest time that is known.',
    floor: 0,
    issuedAt: [T0],
    now: T0 + 3599,
    expected: right(T0 + 3599, T0),
  },
]

/** Returns the contents of `clock.json`. */
export function buildClockVectors() {
  return {
    about: [
      'The clock of a device without a verdict: see README.md, "Clock". "issuedAt" are the "iat" of the tokens of a record.',
      '"time" is t, the time at which everything is evaluated; "floor" is the new floor.',
    ],
    cases,
  }
}
