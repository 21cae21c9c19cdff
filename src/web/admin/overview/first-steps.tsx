import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { api, call, Problem } from '../../shared/api.ts'
import { Command, Secret } from '../../shared/copying.tsx'
import { count } from '../../shared/format.tsx'
import { Icon } from '../../shared/icons.tsx'
import { Section } from '../../shared/section.tsx'
import { ProblemNotice } from '../../shared/states.tsx'
import { useAction } from '../../shared/use-action.ts'
import { useCan } from '../session.tsx'

const NO_PLAN = 'A license belongs to a plan, and there is none. Create a plan first.'

interface FirstStepsProps {
  readonly licenses: number
  readonly validations: number
  readonly onChange: () => void
}

/** The steps of a new installation, from the first license to the first sale. */
export function FirstSteps({ licenses, validations, onChange }: FirstStepsProps) {
  const [key, setKey] = useState<string | null>(null)
  return (
    <Section title="First steps">
      <ol class="steps">
        <Step title="Create a license" isDone={licenses > 0}>
          <CreateLicense
            licenses={licenses}
            licenseKey={key}
            onCreated={(created) => {
              setKey(created)
              onChange()
            }}
          />
        </Step>
        <Step title="Validate it" isDone={validations > 0}>
          <Validate licenseKey={key} validations={validations} />
        </Step>
        <Step title="Sell" isDone={false}>
          <p>
            <a href="/admin/checkout">Connect your shop</a>, so that every purchase creates a
            license, or <a href="/admin/keys">create an API key</a> for your own code. The{' '}
            <a href="/swagger">API documentation</a> has every route, with examples.
          </p>
        </Step>
      </ol>
    </Section>
  )
}

interface StepProps {
  readonly title: string
  readonly isDone: boolean
  readonly children: ComponentChildren
}

function Step({ title, isDone, children }: StepProps) {
  return (
    <li class={isDone ? 'done' : ''}>
      <h3>
        {title}
        {isDone && (
          <span class="step-done">
            <Icon name="check" size={16} /> Done
          </span>
        )}
      </h3>
      {children}
    </li>
  )
}

interface CreateLicenseProps {
  readonly licenses: number
  readonly licenseKey: string | null
  readonly onCreated: (key: string) => void
}

function CreateLicense({ licenses, licenseKey, onCreated }: CreateLicenseProps) {
  const can = useCan()
  const create = useAction(async (headers) => {
    const { data: plans } = await call(api.plans.get({ query: { limit: '1' } }))
    const [plan] = plans
    if (plan === undefined) throw new Problem(409, { detail: NO_PLAN })
    const body = { plan: plan.slug, customer_email: 'test@example.com' }
    const license = await call(api.licenses.post(body, { headers }))
    if ('key' in license) onCreated(license.key)
  })
  if (licenseKey !== null) {
    return (
      <>
        <p>This is its key. It is shown in full only now.</p>
        <Secret text={licenseKey} what="the license key" />
      </>
    )
  }
  if (licenses > 0)
    return (
      <p>
        There {licenses === 1 ? 'is' : 'are'} {count(licenses, 'license')}.
      </p>
    )
  return (
    <>
      <p>A license belongs to a customer, and its key unlocks your software.</p>
      {can('licenses:write') && (
        <div class="row">
          <button type="button" aria-busy={create.isBusy} onClick={() => create.run()}>
            Create a test license
          </button>
          <a class="button plain" href="/admin/licenses/new">
            Choose the details
          </a>
        </div>
      )}
      <ProblemNotice problem={create.problem} />
    </>
  )
}

interface ValidateProps {
  readonly licenseKey: string | null
  readonly validations: number
}

function Validate({ licenseKey, validations }: ValidateProps) {
  const command = buildCommand(location.origin, licenseKey ?? 'YOUR-LICENSE-KEY')
  return (
    <>
      <p>Your app sends this request when it starts. Run it in a terminal:</p>
      <Command text={command} />
      <p class="small muted" role="status">
        {validations > 0
          ? `This server has answered ${count(validations, 'validation')}.`
          : 'No validation has arrived yet. This page updates by itself.'}
      </p>
    </>
  )
}

const buildCommand = (origin: string, key: string) =>
  [
    `curl -sS ${origin}/api/v1/validate \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '${JSON.stringify({ key, domain: 'example.com' })}'`,
  ].join('\n')
