import { count } from '../../shared/format.tsx'
import { ProblemNotice } from '../../shared/states.tsx'
import { StatusBadge } from '../licenses/status.tsx'
import { emptyTexts, explainMatch, readingTexts } from './search-texts.ts'
import type { Search, SearchResult } from './use-search.ts'

type Match = SearchResult['data'][number]

interface ResultsProps {
  readonly id: string
  readonly search: Search
  readonly text: string
  /** The index of the match that Enter opens. */
  readonly active: number
  readonly onPoint: (index: number) => void
}

/** The ID of an option, which the box names as its active descendant. */
export const optionId = (id: string, index: number) => `${id}-${index}`

/** The matches below the box, or what was searched for in vain. */
export function SearchResults({ id, search, text, active, onPoint }: ResultsProps) {
  const { result, problem, isSearching } = search
  return (
    <div class="search-results">
      <p class="search-status" role="status">
        {describe(search)}
      </p>
      <ProblemNotice problem={problem} retry={search.searchNow} />
      {result !== null && result.reading === 'mistyped_key' && (
        <Typed text={text} result={result} />
      )}
      <div id={id} role="listbox" aria-label="Matching licenses" aria-busy={isSearching}>
        {result?.data.map((match, index) => (
          <Option
            key={match.license.id}
            id={optionId(id, index)}
            match={match}
            isActive={index === active}
            onPoint={() => onPoint(index)}
          />
        ))}
      </div>
      {result?.has_more && (
        <p class="search-note">There are more. Type more to narrow them down.</p>
      )}
      {result?.data.length === 0 && <p class="search-note">{emptyTexts[result.reading]}</p>}
    </div>
  )
}

function describe({ result, isSearching }: Search): string {
  if (isSearching) return 'Searching…'
  if (result === null) return ''
  const reading = readingTexts[result.reading]
  const found = result.data.length
  if (found === 0) return `Nothing found. Searched for ${reading}.`
  return `Searched for ${reading}: ${count(found, 'license')}`
}

/** The key as it was typed, with the character marked that is wrong. */
function Typed({ text, result }: { text: string; result: SearchResult }) {
  const at = result.data[0]?.typo_at
  if (at == null) return null
  const characters = [...text.trim()]
  return (
    <p class="search-note">
      You typed{' '}
      <span class="mono">
        {characters.slice(0, at - 1).join('')}
        <mark>{characters[at - 1] ?? '…'}</mark>
        {characters.slice(at).join('')}
      </span>
    </p>
  )
}

interface OptionProps {
  readonly id: string
  readonly match: Match
  readonly isActive: boolean
  readonly onPoint: () => void
}

function Option({ id, match, isActive, onPoint }: OptionProps) {
  const { license } = match
  return (
    <a
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={isActive}
      class={`search-option ${isActive ? 'active' : ''}`}
      href={`/admin/licenses/${license.id}`}
      onMouseMove={onPoint}
    >
      <span class="spread">
        <span class="mono">{license.key}</span>
        <StatusBadge license={license} />
      </span>
      <span class="search-customer">
        <bdi>{license.customer_email}</bdi>
        {license.customer_name !== null && <bdi class="muted">{license.customer_name}</bdi>}
      </span>
      <span class="small muted">
        {explainMatch(match)} · {license.plan}
      </span>
    </a>
  )
}
