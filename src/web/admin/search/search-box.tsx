import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { Icon } from '../../shared/icons.tsx'
import { useCan } from '../session.tsx'
import { onSearchOpened } from './open-search.ts'
import { optionId, SearchResults } from './search-results.tsx'
import { type SearchResult, useSearch } from './use-search.ts'

/** As long as the API reads it. */
const TEXT_MAX = 4096
/** Matches that leave no doubt, so Enter opens them at once. */
const certain: readonly string[] = ['id', 'activation_id', 'seat_id', 'event_id', 'key']

/** The box in which people look for anything: keys, customers, domains, orders. */
export function SearchBox() {
  return useCan()('licenses:read') ? <Box /> : null
}

function Box() {
  const { route, url } = useLocation()
  const [text, setText] = useState('')
  const [isOpen, setOpen] = useState(false)
  const [active, setActive] = useState(0)
  const search = useSearch(text)
  const box = useRef<HTMLDivElement>(null)
  const input = useRef<HTMLInputElement>(null)
  const id = useId()
  useFocusKey(input)
  useEffect(() => setActive(0), [search.result])
  useEffect(() => {
    setOpen(false)
    setText('')
  }, [url])
  useEffect(
    () =>
      onSearchOpened((given) => {
        setText(given)
        setOpen(true)
        input.current?.focus()
      }),
    [],
  )

  const matches = search.result?.data ?? []
  const isShown = isOpen && text.trim() !== ''
  const openMatch = (index: number, { data }: SearchResult) => {
    const match = data[index]
    if (match !== undefined) route(`/admin/licenses/${match.license.id}`)
  }
  const enter = async () => {
    setOpen(true)
    if (search.result !== null) return openMatch(active, search.result)
    const found = await search.searchNow()
    const [only] = found?.data ?? []
    if (found !== null && only !== undefined && certain.includes(only.why)) openMatch(0, found)
  }
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => setActive(Math.min(active + 1, matches.length - 1)),
    ArrowUp: () => setActive(Math.max(active - 1, 0)),
    Enter: enter,
    Escape: () => {
      if (isShown) setOpen(false)
      else setText('')
    },
  }
  useEffect(() => {
    document.getElementById(optionId(id, active))?.scrollIntoView({ block: 'nearest' })
  }, [active])

  return (
    <search
      ref={box}
      class="search"
      onFocusOut={({ relatedTarget }) => {
        if (!(relatedTarget instanceof Node && box.current?.contains(relatedTarget))) setOpen(false)
      }}
    >
      <Icon name="search" size={16} />
      <input
        ref={input}
        type="text"
        inputMode="search"
        enterkeyhint="search"
        role="combobox"
        aria-label="Search licenses"
        aria-expanded={isShown}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={isShown && matches.length > 0 ? optionId(id, active) : undefined}
        placeholder="Search by key, email, domain, order…"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        maxLength={TEXT_MAX}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value)
          setOpen(true)
        }}
        onFocus={() => setOpen(true)}
        onKeyDown={(event) => {
          const act = keys[event.key]
          if (act === undefined || event.isComposing) return
          event.preventDefault()
          act()
        }}
      />
      <span class="slash" aria-hidden="true">
        /
      </span>
      {isShown && (
        <SearchResults id={id} search={search} text={text} active={active} onPoint={setActive} />
      )}
    </search>
  )
}

/** Focuses the box when people press `/` outside of a field and of a dialog. */
function useFocusKey(input: { readonly current: HTMLInputElement | null }): void {
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return
      const { target } = event
      const isTyping =
        target instanceof Element && target.closest('input, textarea, select, [contenteditable]')
      if (isTyping || document.querySelector('dialog[open]') !== null) return
      event.preventDefault()
      input.current?.focus()
    }
    document.addEventListener('keydown', focus)
    return () => document.removeEventListener('keydown', focus)
  }, [])
}
