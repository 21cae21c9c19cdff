import { useState } from 'preact/hooks'
import { api, call } from '../shared/api.ts'
import { AreaField, TextField } from '../shared/forms.tsx'
import { decodePart } from '../shared/paths.ts'
import { useAction } from '../shared/use-action.ts'
import { FileDownload } from './file-download.tsx'
import { useTexts } from './language.tsx'
import { PortalPage } from './page.tsx'
import { PortalProblem } from './problems.tsx'

/** The request code of a QR code. It is in the fragment, which browsers never send. */
function takeRequest(): string {
  const hash = location.hash.slice(1)
  const code = decodePart(hash) ?? hash
  if (code !== '') history.replaceState(null, '', location.pathname)
  return code
}

/** The page for devices without a connection. It needs no sign-in: the codes contain the license. */
export function OfflinePage() {
  const texts = useTexts()
  return (
    <PortalPage title={texts.offline.title}>
      <p class="muted">{texts.offline.intro}</p>
      <ActivateCard />
      <ReturnCard />
    </PortalPage>
  )
}

function ActivateCard() {
  const { offline: texts } = useTexts()
  const [request, setRequest] = useState(takeRequest)
  const [file, setFile] = useState<string | null>(null)
  const activate = useAction(async () => {
    const issued = await call(api.offline.activate.post({ request: request.trim() }))
    setFile(issued.file)
  })
  return (
    <form class="card form" onSubmit={submit(activate.run)}>
      <h2>{texts.activate}</h2>
      <PortalProblem problem={activate.problem} />
      <AreaField
        label={texts.request}
        hint={texts.requestHint}
        value={request}
        onInput={(value) => {
          setRequest(value)
          setFile(null)
        }}
        rows={5}
        isMono
      />
      {file === null ? (
        <button type="submit" disabled={activate.isBusy}>
          {texts.getFile}
        </button>
      ) : (
        <div role="status" class="stack">
          <p>{texts.ready}</p>
          <FileDownload file={file} isForCamera />
        </div>
      )}
    </form>
  )
}

function ReturnCard() {
  const { offline: texts, signIn } = useTexts()
  const [key, setKey] = useState('')
  const [code, setCode] = useState('')
  const [isFree, setFree] = useState(false)
  const giveBack = useAction(async () => {
    setFree(false)
    await call(api.offline.deactivate.post({ key: key.trim(), code: code.trim() }))
    setFree(true)
  })
  return (
    <form class="card form" onSubmit={submit(giveBack.run)}>
      <h2>{texts.free}</h2>
      <p class="muted">{texts.freeHint}</p>
      <PortalProblem problem={giveBack.problem} />
      <TextField label={signIn.key} value={key} onInput={setKey} isMono />
      <TextField label={texts.code} value={code} onInput={setCode} isMono />
      <button type="submit" class="plain" disabled={giveBack.isBusy}>
        {texts.freeSlot}
      </button>
      <p role="status">{isFree && texts.freed}</p>
    </form>
  )
}

const submit = (run: () => void) => (event: Event) => {
  event.preventDefault()
  run()
}
