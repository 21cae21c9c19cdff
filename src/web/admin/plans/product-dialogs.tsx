import { useState } from 'preact/hooks'
import type { Product } from '~/wire/products.ts'
import { api, call } from '../../shared/api.ts'
import { Dialog } from '../../shared/dialog.tsx'
import { errorAt, Form, TextField } from '../../shared/forms.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { suggestSlug } from './plan-texts.ts'

interface DialogProps {
  readonly onClose: () => void
  /** Called when the product is stored. */
  readonly onDone: () => void
}

const suggestPrefix = (name: string) =>
  name
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, '')
    .slice(0, 4)

export function NewProductDialog({ onClose, onDone }: DialogProps) {
  const [name, setName] = useState('')
  const [slug, setSlug] = useState<string | null>(null)
  const [prefix, setPrefix] = useState<string | null>(null)
  const given = {
    name: name.trim(),
    slug: slug ?? suggestSlug(name),
    key_prefix: prefix ?? suggestPrefix(name),
  }
  const action = useAction(async (headers) => {
    await call(api.products.post(given, { headers }))
    toast(`Product ${given.name} created.`)
    onDone()
    onClose()
  })
  return (
    <Dialog title="New product" onClose={onClose}>
      <Form
        action={action}
        onSubmit={action.run}
        onCancel={onClose}
        submit="Create product"
        pointers={['/name', '/slug', '/key_prefix']}
      >
        <TextField
          label="Name"
          value={name}
          onInput={setName}
          error={errorAt(action.problem, '/name')}
        />
        <div class="pair">
          <TextField
            label="Slug"
            hint="The name of the product in the API. You cannot change it later."
            value={given.slug}
            onInput={setSlug}
            isMono
            error={errorAt(action.problem, '/slug')}
          />
          <TextField
            label="Key prefix"
            hint="The start of every license key: 2 to 8 characters of A–Z and 0–9. You cannot change it later."
            value={given.key_prefix}
            onInput={(text) => setPrefix(text.toUpperCase())}
            isMono
            error={errorAt(action.problem, '/key_prefix')}
          />
        </div>
      </Form>
    </Dialog>
  )
}

export function RenameProductDialog({
  product,
  onClose,
  onDone,
}: DialogProps & { readonly product: Product }) {
  const [name, setName] = useState(product.name)
  const action = useAction(async () => {
    await call(api.products({ slug: product.slug }).put({ name: name.trim() }))
    toast('Product renamed.')
    onDone()
    onClose()
  })
  return (
    <Dialog title={`Rename ${product.name}`} onClose={onClose}>
      <Form
        action={action}
        onSubmit={action.run}
        onCancel={onClose}
        submit="Rename product"
        pointers={['/name']}
      >
        <TextField
          label="Name"
          value={name}
          onInput={setName}
          error={errorAt(action.problem, '/name')}
        />
      </Form>
    </Dialog>
  )
}
