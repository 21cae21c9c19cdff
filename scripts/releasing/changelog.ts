import { readFileSync } from 'node:fs'
import { ReleaseError } from './commands.ts'

const HEADING = /^## \[?([^\]\s]+)\]?(?: - (\d{4}-\d{2}-\d{2}))?$/

/** The part of CHANGELOG.md about one version. */
export interface Section {
  readonly version: string
  /** The day of the release; null for one that has no date yet. */
  readonly date: string | null
  /** Without the heading. */
  readonly text: string
}

/** Returns the sections of a changelog in the form of Keep a Changelog 1.1, the newest first. */
export function parseChangelog(changelog: string): readonly Section[] {
  const parts = changelog.split(/^(?=## )/m).slice(1)
  return parts.map((part) => {
    const [heading = '', ...lines] = part.split('\n')
    const match = HEADING.exec(heading)
    if (match?.[1] === undefined) {
      throw new ReleaseError(
        `CHANGELOG.md has the heading "${heading}". Write: ## [1.2.3] - 2026-01-31`,
      )
    }
    return { version: match[1], date: match[2] ?? null, text: lines.join('\n').trim() }
  })
}

/** Returns the section of a version. Throws ReleaseError if it is missing, empty or without a date. */
export function readSection(version: string): Section {
  const sections = parseChangelog(readFileSync('CHANGELOG.md', 'utf8'))
  const section = sections.find((each) => each.version === version)
  if (section === undefined || section.text === '' || section.date === null) {
    const problem = section === undefined ? 'no entry' : 'no date or no text'
    throw new ReleaseError(
      `CHANGELOG.md has ${problem} for ${version}. Write it below the heading: ## [${version}] - YYYY-MM-DD`,
    )
  }
  return section
}

/** Returns what has not been released yet, which a draft is about. */
export function readUnreleased(): Section {
  const sections = parseChangelog(readFileSync('CHANGELOG.md', 'utf8'))
  return sections.find(({ date }) => date === null) ?? sections[0] ?? missing()
}

function missing(): never {
  throw new ReleaseError('CHANGELOG.md has no section. Write: ## [Unreleased]')
}
