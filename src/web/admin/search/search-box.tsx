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
  const box = useRef<HTMLElement>(null)
  const input = useRef<HTMLInputElement>(null)
  const id = useId()
  const { text, setText, isShown, setOpen, search, active, setActive, keys } = useBox(input)
  useEffect(() => {
    document.getElementById(optionId(id, active))?.scrollIntoView({ block: 'nearest' })
  }, [active])
  const hasMatches = isShown && (search.result?.data.length ?? 0) > 0

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
        aria-activedescendant={hasMatches ? optionId(id, active) : undefined}
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

/** The state of the box, and what each key does. */
function useBox(input: { readonly current: HTMLInputElement | null }) {
  const { route, url } = useLocation()
  const [text, setText] = useState('')
  const [isOpen, setOpen] = useState(false)
  const [active, setActive] = useState(0)
  const search = useSearch(text)
  const isShown = isOpen && text.trim() !== ''
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

  const openMatch = ({ data }: SearchResult, index: number) => {
    const match = data[index]
    if (match !== undefined) route(`/admin/licenses/${match.license.id}`)
  }
  const enter = async () => {
    setOpen(true)
    if (search.result !== null) return openMatch(search.result, active)
    const found = await search.searchNow()
    if (found !== null && certain.includes(found.data[0]?.why ?? '')) openMatch(found, 0)
  }
  const last = (search.result?.data.length ?? 0) - 1
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => setActive(Math.max(0, Math.min(active + 1, last))),
    ArrowUp: () => setActive(Math.max(active - 1, 0)),
    Enter: enter,
    Escape: () => (isShown ? setOpen(false) : setText('')),
  }
  return { text, setText, isShown, setOpen, search, active, setActive, keys }
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
