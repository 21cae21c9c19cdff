import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Secret } from '../../shared/copying.tsx'

interface SecretNoticeProps {
  readonly title: string
  /** Null if the server has shown it before, in a response that got lost. */
  readonly secret: string | null
  readonly onDone: () => void
  readonly children?: ComponentChildren
}

/** A secret that cannot be shown again. It stays until it is dismissed: a stray click hides nothing. */
export function SecretNotice({ title, secret, onDone, children }: SecretNoticeProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <section class="notice warn" aria-label={title}>
      <div class="stack">
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        {secret === null ? (
          <p>The secret cannot be shown again. Rotate it to get a new one.</p>
        ) : (
          <>
            <p>
              Copy it to your server now, so that it can verify signatures. It is not shown again.
            </p>
            <Secret text={secret} what="the secret" />
          </>
        )}
        {children}
        <div>
          <button type="button" class="plain tight" onClick={onDone}>
            Done
          </button>
        </div>
      </div>
    </section>
  )
}
