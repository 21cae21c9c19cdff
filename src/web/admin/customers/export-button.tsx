import { api, call } from '../../shared/api.ts'
import { Icon } from '../../shared/icons.tsx'
import { saveFile } from '../../shared/save-file.ts'
import { ProblemNotice } from '../../shared/states.tsx'
import { useAction } from '../../shared/use-action.ts'

/** A button that downloads everything that is stored about a customer, as JSON. */
export function ExportButton({ email }: { email: string }) {
  const action = useAction(async () => {
    const data = await call(api.customers.export.post({ customer_email: email }))
    saveFile('customer-data.json', 'application/json', `${JSON.stringify(data, null, 2)}\n`)
  })
  return (
    <>
      <button
        type="button"
        class="plain"
        aria-busy={action.isBusy}
        disabled={action.isBusy}
        onClick={() => action.run()}
      >
        <Icon name="download" size={16} /> Export data
      </button>
      <ProblemNotice problem={action.problem} />
    </>
  )
}
