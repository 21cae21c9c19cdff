import { useEffect, useState } from 'preact/hooks'
import type { PortalLicense } from '~/wire/portal-licenses.ts'
import { api, call } from '../shared/api.ts'
import { CopyButton } from '../shared/copying.tsx'
import { useAction } from '../shared/use-action.ts'
import { useTexts } from './language.tsx'
import { PortalProblem } from './problems.tsx'
import { usePortalSession } from './session.tsx'

const SHOWN_MS = 60_000

/** The key of a license: masked, and in full for a minute for those who signed in by email. */
export function LicenseKey({ license }: { license: PortalLicense }) {
  const texts = useTexts()
  const { state } = usePortalSession()
  const [key, setKey] = useState<string | null>(null)
  const reveal = useAction(async () => {
    const revealed = await call(api.portal.licenses({ id: license.id }).key.post())
    setKey(revealed.key)
  })
  useEffect(() => {
    if (key === null) return
    const timer = setTimeout(() => setKey(null), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [key])

  const canReveal = typeof state === 'object' && state.kind === 'email'
  return (
    <>
      <PortalProblem problem={reveal.problem} />
      <div class="row">
        <code class="license-key">{key ?? license.key}</code>
        {key !== null ? (
          <CopyButton text={key} label={texts.license.copy} copied={texts.license.copied} />
        ) : (
          canReveal && (
            <button type="button" class="plain tight" disabled={reveal.isBusy} onClick={reveal.run}>
              {texts.license.reveal}
            </button>
          )
        )}
      </div>
    </>
  )
}
