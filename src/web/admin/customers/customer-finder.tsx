import { useEffect, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { License } from '~/wire/licenses.ts'
import { count } from '../../shared/format.tsx'
import { Icon } from '../../shared/icons.tsx'
import { Empty, ProblemNotice } from '../../shared/states.tsx'
import { emptyTexts } from '../search/search-texts.ts'
import { type SearchResult, useSearch } from '../search/use-search.ts'

const TEXT_MAX = 254

/** A customer among the matches of a search. */
interface Customer {
  readonly email: string
  readonly names: readonly string[]
  readonly licenses: number
}

export const linkToCustomer = (email: string) =>
  `/admin/customers?${new URLSearchParams({ email })}`

/** Finds customers by their address, its start, their name, a domain or an order. */
export function CustomerFinder() {
  const [text, setText] = useState('')
  const { route } = useLocation()
  const search = useSearch(text)
  const customers = search.result === null ? [] : listCustomers(search.result.data)
  useEffect(() => setText(''), [])

  return (
    <>
      <form
        class="quick-filter customer-finder"
        onSubmit={async (event) => {
          event.preventDefault()
          const result = await search.searchNow()
          const [only, ...others] = result === null ? [] : listCustomers(result.data)
          if (only !== undefined && others.length === 0) route(linkToCustomer(only.email))
        }}
      >
        <Icon name="search" size={16} />
        <input
          type="search"
          aria-label="Email address, name, domain or order"
          placeholder="Email address, name, domain or order"
          autocomplete="off"
          maxLength={TEXT_MAX}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </form>
      <ProblemNotice problem={search.problem} retry={search.searchNow} />
      <div aria-live="polite" aria-busy={search.isSearching}>
        {search.result !== null && <Found customers={customers} result={search.result} />}
      </div>
    </>
  )
}

function Found({ customers, result }: { customers: readonly Customer[]; result: SearchResult }) {
  if (customers.length === 0) {
    return (
      <Empty title="No customer found">
        <p>{emptyTexts[result.reading]}</p>
      </Empty>
    )
  }
  return (
    <>
      <ul class="customer-list">
        {customers.map(({ email, names, licenses }) => (
          <li key={email}>
            <a href={linkToCustomer(email)}>
              <bdi class="customer-email">{email}</bdi>
              <bdi class="muted customer-email">{names.join(', ')}</bdi>
              <span class="muted small">{count(licenses, 'license')} found</span>
            </a>
          </li>
        ))}
      </ul>
      {result.has_more && <p class="muted small">There are more. Type more of the address.</p>}
    </>
  )
}

/** The customers of the licenses, in the order of the first license of each. Erased ones have no address. */
function listCustomers(matches: readonly { readonly license: License }[]): readonly Customer[] {
  const byEmail = new Map<string, Customer>()
  for (const { license } of matches) {
    const { customer_email: email, customer_name: name } = license
    if (email === null) continue
    const { names = [], licenses = 0 } = byEmail.get(email) ?? {}
    byEmail.set(email, {
      email,
      names: name === null || names.includes(name) ? names : [...names, name],
      licenses: licenses + 1,
    })
  }
  return [...byEmail.values()]
}
