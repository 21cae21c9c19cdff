import type { UpdateLicenseBody } from '~/wire/license-requests.ts'
import type { License } from '~/wire/licenses.ts'
import { errorAt, TextField } from '../../shared/forms.tsx'
import { EditDialog, type EditorProps, type Fields } from './edit-dialog.tsx'

interface Draft {
  readonly email: string
  readonly name: string
  readonly reference: string
}

/** Changes whose license it is, and the vendor's own reference to it. */
export function EditCustomer(props: EditorProps) {
  return (
    <EditDialog
      {...props}
      title="Edit customer"
      pointers={['/customer_email', '/customer_name', '/external_ref']}
      begin={begin}
      toChanges={toChanges}
    >
      {(fields) => <CustomerFields {...fields} />}
    </EditDialog>
  )
}

function begin(license: License): Draft {
  return {
    email: license.customer_email ?? '',
    name: license.customer_name ?? '',
    reference: license.external_ref ?? '',
  }
}

function toChanges({ email, name, reference }: Draft, license: License): UpdateLicenseBody {
  const was = begin(license)
  return {
    ...(email !== was.email && { customer_email: email }),
    ...(name !== was.name && { customer_name: name.trim() || null }),
    ...(reference !== was.reference && { external_ref: reference.trim() || null }),
  }
}

function CustomerFields({ draft, set, problem }: Fields<Draft>) {
  return (
    <>
      <TextField
        label="Email address"
        type="email"
        value={draft.email}
        onInput={(email) => set({ email })}
        hint="Emails about this license go here. The customer signs in to the portal with it."
        error={errorAt(problem, '/customer_email')}
      />
      <TextField
        label="Name"
        value={draft.name}
        onInput={(name) => set({ name })}
        error={errorAt(problem, '/customer_name')}
      />
      <TextField
        label="Reference"
        value={draft.reference}
        onInput={(reference) => set({ reference })}
        hint="Your own, such as an order number."
        error={errorAt(problem, '/external_ref')}
      />
    </>
  )
}
