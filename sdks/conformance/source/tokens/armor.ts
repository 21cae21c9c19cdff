import { buildFeed, buildFile, signFeed, signFile, T0 } from '../samples.ts'
import { wrapInArmor } from '../sign-token.ts'
import {
  buildTextCases,
  importedFeed,
  licensed,
  storedFile,
  type TextRow,
  type TokenCase,
} from './case.ts'

const BYTES_MAX = 16_384
const file = signFile(buildFile())
const armor = wrapInArmor(file, 'LICENSE')
const lines = armor.trimEnd().split('\n')
const rewrapped = [lines[0], file.slice(0, 100), file.slice(100), lines.at(-1)].join('\n')

const files: readonly TextRow[] = [
  ['armor', 'A file in its armor is accepted.', armor, licensed],
  ['armor-none', 'A file without its armor is accepted.', file, licensed],
  ['armor-crlf', 'Line ends of Windows are accepted.', armor.replaceAll('\n', '\r\n'), licensed],
  [
    'armor-blank-lines',
    'Blank lines before and after the armor are accepted.',
    `\n \r\n\t${armor}\n\n`,
    licensed,
  ],
  ['armor-no-last-newline', 'The last line needs no line end.', armor.trimEnd(), licensed],
  [
    'armor-bom',
    'A byte order mark at the start, as Notepad writes it, is accepted.',
    `\ufeff${armor}`,
    licensed,
  ],
  [
    'armor-rewrapped',
    'Lines of another length, as mail programs make them, are accepted.',
    rewrapped,
    licensed,
  ],
  [
    'armor-indented',
    'White space around the lines inside is accepted.',
    lines.map((line, index) => (index % (lines.length - 1) === 0 ? line : `  ${line} `)).join('\n'),
    licensed,
  ],
  [
    'armor-wrong-label',
    'The label of a feed around a file is malformed.',
    wrapInArmor(file, 'REVOCATIONS'),
  ],
  [
    'armor-mixed-labels',
    'Different labels at the start and the end are malformed.',
    armor.replace('END LICET LICENSE', 'END LICET REVOCATIONS'),
  ],
  ['armor-lower-case', 'A label in lower case is malformed.', armor.replaceAll('LICET', 'licet')],
  ['armor-text-before', 'Text before the armor is malformed.', `Your license:\n${armor}`],
  ['armor-text-after', 'Text after the armor is malformed.', `${armor}Thank you!\n`],
  [
    'armor-header-inside',
    'A header line in the armor is malformed.',
    armor.replace('\n', '\nVersion: 1\n'),
  ],
  [
    'armor-quoted',
    'An armor quoted in a reply is malformed.',
    lines.map((line) => `> ${line}`).join('\n'),
  ],
  ['armor-twice', 'Two files in one text are malformed.', armor + armor],
  [
    'armor-unfinished',
    'An armor without its last line is malformed.',
    lines.slice(0, -1).join('\n'),
  ],
  ['armor-empty', 'An armor without contents is malformed.', `${lines[0]}\n${lines.at(-1)}\n`],
  [
    'armor-missing-line',
    'An armor without its last line of contents is malformed.',
    [...lines.slice(0, -2), lines.at(-1)].join('\n'),
  ],
  [
    'armor-no-line-break',
    'The first line of an armor ends with a line break.',
    armor.replace('\n', ''),
  ],
]

const revoked = Array.from({ length: 500 }, (_, index) => [
  `lic_${String(index).padStart(26, '0')}`,
  T0,
])
const expected = { ok: true, to: 14, more: false } as const

const feeds: readonly TextRow[] = [
  ['feed', 'A feed is accepted.', signFeed(buildFeed()), expected],
  [
    'feed-armor',
    'A feed in its armor is accepted.',
    wrapInArmor(signFeed(buildFeed()), 'REVOCATIONS'),
    expected,
  ],
  [
    'feed-wrong-label',
    'The label of a file around a feed is malformed.',
    wrapInArmor(signFeed(buildFeed()), 'LICENSE'),
  ],
  [
    'feed-large',
    `A feed may be larger than ${BYTES_MAX} bytes.`,
    signFeed(buildFeed({ revoked })),
    expected,
  ],
  [
    'feed-more',
    'A feed may say that there is more after it.',
    signFeed(buildFeed({ more: true })),
    { ...expected, more: true },
  ],
]

/** Cases about files and feeds in their armor, as people copy, mail and edit them. */
export function listArmorCases(): TokenCase[] {
  return [...buildTextCases(storedFile, files), ...buildTextCases(importedFeed, feeds)]
}
