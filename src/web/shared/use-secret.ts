import { useCallback, useEffect, useState } from 'preact/hooks'

const SHOWN_MS = 60_000

/** A secret on the screen. It is hidden again after a minute, and is kept nowhere else. */
export interface ShownSecret {
  /** Null while it is hidden. */
  readonly text: string | null
  readonly show: (text: string) => void
  readonly hide: () => void
}

export function useSecret(): ShownSecret {
  const [text, setText] = useState<string | null>(null)
  const hide = useCallback(() => setText(null), [])
  useEffect(() => {
    if (text === null) return
    const timer = setTimeout(hide, SHOWN_MS)
    return () => clearTimeout(timer)
  }, [text, hide])
  return { text, show: setText, hide }
}
