import { useEffect, useState } from 'preact/hooks'

interface Toast {
  readonly id: number
  readonly text: string
  readonly undo: (() => void) | undefined
}

const SHOWN_MS = 6_000
const UNDO_MS = 10_000
/** A long text takes longer to read. */
const READ_MS_PER_CHARACTER = 90

let nextId = 1
let shown: readonly Toast[] = []
let update: (toasts: readonly Toast[]) => void = () => undefined

function set(toasts: readonly Toast[]): void {
  shown = toasts
  update(toasts)
}

/** Says what has happened, for a few seconds. With `undo`, a button takes it back for ten seconds. */
export function toast(text: string, undo?: () => void): void {
  const id = nextId++
  set([...shown, { id, text, undo }])
  const shownMs = undo === undefined ? SHOWN_MS : UNDO_MS
  setTimeout(() => dismiss(id), Math.max(shownMs, text.length * READ_MS_PER_CHARACTER))
}

const dismiss = (id: number) => set(shown.filter((one) => one.id !== id))

/** The place of the messages, once per page. */
export function Toasts() {
  const [toasts, setToasts] = useState(shown)
  useEffect(() => {
    update = setToasts
    setToasts(shown)
  }, [])
  return (
    <div role="status">
      <ul class="toasts">
        {toasts.map(({ id, text, undo }) => (
          <li key={id} class="toast">
            <span>{text}</span>
            {undo !== undefined && (
              <button
                type="button"
                class="tight"
                onClick={() => {
                  dismiss(id)
                  undo()
                }}
              >
                Undo
              </button>
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}
