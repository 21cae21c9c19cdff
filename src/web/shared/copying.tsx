import { useEffect, useRef, useState } from 'preact/hooks'
import { Icon } from './icons.tsx'

const SAID_MS = 2_000

interface CopyProps {
  readonly text: string
  /** The name of the text, such as `the license ID`. */
  readonly what?: string
  /** The name of the button for screen readers, and the word that they hear once it has copied. */
  readonly label?: string
  readonly copied?: string
}

/** A button that copies a text. */
export function CopyButton({
  text,
  what = '',
  label = `Copy ${what}`,
  copied = 'Copied',
}: CopyProps) {
  const [isCopied, setCopied] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])

  const copy = async () => {
    await copyText(text)
    setCopied(true)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => setCopied(false), SAID_MS)
  }
  return (
    <>
      <button type="button" class="quiet tight" aria-label={label} onClick={copy}>
        <Icon name={isCopied ? 'check' : 'copy'} size={16} />
      </button>
      <span class="only-read" role="status">
        {isCopied && copied}
      </span>
    </>
  )
}

/** Copies a text, also over plain http, where browsers have no clipboard. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text)
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
}

/** A command for a terminal, with a button to copy it. */
export function Command({ text }: { text: string }) {
  return (
    <div class="command">
      <pre>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} what="the command" />
    </div>
  )
}

/** A secret that is shown once, with a button to copy it. */
export function Secret({ text, what }: { text: string; what: string }) {
  return (
    <div class="row">
      <code class="secret">{text}</code>
      <CopyButton text={text} what={what} />
    </div>
  )
}
