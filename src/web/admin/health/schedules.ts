const known: readonly (readonly [pattern: RegExp, describe: (...parts: string[]) => string])[] = [
  [/^\* \* \* \* \* \*$/, () => 'Every second'],
  [/^\*\/(\d+) \* \* \* \* \*$/, (_, seconds) => `Every ${seconds} seconds`],
  [/^\d+ \* \* \* \* \*$/, () => 'Every minute'],
  [/^\d+ \*\/(\d+) \* \* \* \*$/, (_, minutes) => `Every ${minutes} minutes`],
  [/^\d+ \d+ \* \* \* \*$/, () => 'Every hour'],
  [
    /^\d+ (\d+) (\d+) \* \* \*$/,
    (_, minute = '', hour = '') =>
      `Daily at ${hour.padStart(2, '0')}:${minute.padStart(2, '0')} UTC`,
  ],
]

/** Describes a cron pattern of six fields, seconds first. Returns others as they are. */
export function describeSchedule(pattern: string): string {
  for (const [form, describe] of known) {
    const parts = form.exec(pattern)
    if (parts !== null) return describe(...parts)
  }
  return pattern
}
