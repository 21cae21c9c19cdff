import { useEffect } from 'preact/hooks'
import type { License } from '~/wire/licenses.ts'
import { api, call } from '../../shared/api.ts'
import { CopyButton } from '../../shared/copying.tsx'
import { Icon } from '../../shared/icons.tsx'
import { ProblemNotice } from '../../shared/states.tsx'
import { useAction } from '../../shared/use-action.ts'
import { useSecret } from '../../shared/use-secret.ts'
import { useCan } from '../session.tsx'

/** The masked key. A click shows it in full for a minute, which the audit records. */
export function LicenseKey({ license }: { license: License }) {
  const can = useCan()
  const { text, show, hide } = useSecret()
  const reveal = useAction(async () => {
    show((await call(api.licenses({ id: license.id }).reveal.post())).key)
  })
  // A new key replaces the one that is shown.
  useEffect(hide, [license.key, hide])

  return (
    <div class="license-key">
      <div class="row">
        <code class="mono">{text ?? license.key}</code>
        {text !== null && (
          <>
            <CopyButton text={text} what="the license key" />
            <button type="button" class="quiet tight" onClick={hide}>
              Hide
            </button>
          </>
        )}
        {text === null && can('licenses:reveal') && (
          <button
            type="button"
            class="plain tight"
            aria-busy={reveal.isBusy}
            onClick={() => reveal.run()}
          >
            <Icon name="eye" size={16} /> Reveal key
          </button>
        )}
      </div>
      {text !== null && <p class="small muted">It is hidden again in a minute.</p>}
      <ProblemNotice problem={reveal.problem} />
    </div>
  )
}
