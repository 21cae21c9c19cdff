import { useState } from 'preact/hooks'
import type { Plan } from '~/wire/plans.ts'
import type { Product } from '~/wire/products.ts'
import { api, call, callAll } from '../../shared/api.ts'
import { formatNumber } from '../../shared/format.tsx'
import { Icon } from '../../shared/icons.tsx'
import { Page } from '../../shared/page.tsx'
import { Empty, Loading } from '../../shared/states.tsx'
import { Table } from '../../shared/table.tsx'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { describeLimits, describeTerm } from './plan-texts.ts'
import { NewProductDialog, RenameProductDialog } from './product-dialogs.tsx'

/** How many licenses a plan has; `atLeast` if there are more. */
interface Use {
  readonly licenses: number
  readonly at_least: boolean
}

async function loadCatalog() {
  const [products, plans, uses] = await Promise.all([
    callAll((query) => api.products.get({ query })),
    callAll((query) => api.plans.get({ query })),
    call(api.overview.plans.get()),
  ])
  return { products, plans, uses: new Map(uses.data.map((use) => [use.plan, use])) }
}

/** All plans, grouped by their products. */
export function PlansPage() {
  const canWrite = useCan()('plans:write')
  const loaded = useLoad('catalog', loadCatalog)
  const [isCreating, setCreating] = useState(false)
  const [renamed, setRenamed] = useState<Product | null>(null)

  return (
    <Page
      title="Plans"
      note="What each product offers: limits, features and terms of its licenses."
      actions={
        canWrite && (
          <button type="button" class="plain" onClick={() => setCreating(true)}>
            <Icon name="plus" /> New product
          </button>
        )
      }
    >
      <Loading loaded={loaded} lines={8}>
        {({ products, plans, uses }) =>
          products.length === 0 ? (
            <Empty title="No products yet">
              <p>Create a product first. Its plans are what you sell.</p>
            </Empty>
          ) : (
            products.map((product) => (
              <ProductSection
                key={product.slug}
                product={product}
                plans={plans.filter((plan) => plan.product === product.slug)}
                uses={uses}
                onRename={() => setRenamed(product)}
              />
            ))
          )
        }
      </Loading>
      {isCreating && <NewProductDialog onClose={() => setCreating(false)} onDone={loaded.reload} />}
      {renamed !== null && (
        <RenameProductDialog
          product={renamed}
          onClose={() => setRenamed(null)}
          onDone={loaded.reload}
        />
      )}
    </Page>
  )
}

interface SectionProps {
  readonly product: Product
  readonly plans: readonly Plan[]
  readonly uses: ReadonlyMap<string, Use>
  readonly onRename: () => void
}

function ProductSection({ product, plans, uses, onRename }: SectionProps) {
  const canWrite = useCan()('plans:write')
  return (
    <section class="plan-group" aria-label={product.name}>
      <div class="card-title">
        <div>
          <h2>{product.name}</h2>
          <span class="muted small">
            {product.slug}, keys start with <span class="mono">{product.key_prefix}</span>
          </span>
        </div>
        {canWrite && (
          <div class="row">
            <button type="button" class="quiet tight" onClick={onRename}>
              Rename<span class="only-read"> {product.name}</span>
            </button>
            <a class="button plain tight" href={`/admin/plans/new/${product.slug}`}>
              <Icon name="plus" size={16} /> New plan
              <span class="only-read"> of {product.name}</span>
            </a>
          </div>
        )}
      </div>
      {plans.length === 0 ? (
        <div class="table-frame">
          <Empty title="No plans yet">
            {canWrite && <p>Licenses need a plan. Create the first one.</p>}
          </Empty>
        </div>
      ) : (
        <PlanTable name={product.name} plans={plans} uses={uses} />
      )}
    </section>
  )
}

function PlanTable({
  name,
  plans,
  uses,
}: Pick<SectionProps, 'plans' | 'uses'> & { readonly name: string }) {
  return (
    <Table
      caption={`Plans of ${name}`}
      rows={plans}
      keyOf={(plan) => plan.slug}
      columns={[
        {
          label: 'Plan',
          kind: 'title',
          cell: (plan) => (
            <span class="plan-name">
              <a href={`/admin/plans/${plan.slug}`}>{plan.name}</a>
              <span class="muted small">{plan.slug}</span>
            </span>
          ),
        },
        { label: 'Limits', cell: describeLimits },
        { label: 'Term', cell: describeTerm },
        {
          label: 'Licenses',
          kind: 'number',
          cell: (plan) => <LicenseCount plan={plan.slug} use={uses.get(plan.slug)} />,
        },
      ]}
    />
  )
}

/** The number of licenses of a plan, as a link to them. */
export function LicenseCount({ plan, use }: { plan: string; use: Use | undefined }) {
  if (use === undefined) return null
  const text = `${formatNumber(use.licenses)}${use.at_least ? '+' : ''}`
  return (
    <a href={`/admin/licenses?plan=${plan}`}>
      {text}
      <span class="only-read"> licenses of {plan}</span>
    </a>
  )
}
