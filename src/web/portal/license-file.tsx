import { useState } from 'preact/hooks'
import type { PortalLicense } from '~/wire/portal-licenses.ts'
import { api, call } from '../shared/api.ts'
import { AreaField } from '../shared/forms.tsx'
import { useAction } from '../shared/use-action.ts'
import { FileDownload } from './file-download.tsx'
import { useFormats, useTexts } from './language.tsx'
import { PortalProblem } from './problems.tsx'

interface FileCardProps {
  readonly license: PortalLicense
  readonly onChange: () => void
}

/** A license file for a device that is never online. */
export function LicenseFileCard({ license, onChange }: FileCardProps) {
  const texts = useTexts()
  const { day } = useFormats()
  const [request, setRequest] = useState('')
  const [ready, setReady] = useState<{
    readonly file: string
    readonly until: string | null
  } | null>(null)
  const create = useAction(async (headers) => {
    const code = request.trim()
    const path = api.portal.licenses({ id: license.id }).file
    const { file, expires_at: until } = await call(
      path.post(code === '' ? {} : { request: code }, { headers }),
    )
    setReady({ file, until })
    onChange()
  })
  return (
    <section class="card stack">
      <h2>{texts.license.file}</h2>
      <p class="muted">{texts.license.fileHint}</p>
      <PortalProblem problem={create.problem} />
      <AreaField
        label={texts.offline.request}
        hint={texts.offline.requestHint}
        value={request}
        onInput={setRequest}
        rows={3}
        isMono
      />
      {ready === null ? (
        <div class="row">
          <button type="button" class="plain" disabled={create.isBusy} onClick={() => create.run()}>
            {texts.license.getFile}
          </button>
        </div>
      ) : (
        <div role="status" class="stack">
          <p>
            {ready.until === null ? texts.offline.ready : texts.license.fileReady(day(ready.until))}
          </p>
          <FileDownload file={ready.file} isForCamera />
        </div>
      )}
    </section>
  )
}
