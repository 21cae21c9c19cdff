import type { Command } from 'commander'
import type { Deps } from '~/deps.ts'
import { shellActor } from '~/domain/actors.ts'
import { createToken, TOKEN_RANDOM_BYTES } from '~/domain/api-keys.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { buildEdge, EDGE_TOKEN_PREFIX, type Edge, getEdgeState } from '~/domain/edges.ts'
import { Fault } from '~/domain/faults.ts'
import { toTimestamp } from '~/domain/times.ts'
import type { Settings } from '~/platform/config.ts'
import { parseName } from './options.ts'
import { printJson, printLine, printTable } from './print.ts'
import type { AddCommand } from './program.ts'
import { withRuntime } from './runtime.ts'
import { printable } from './table.ts'

export const addEdges: AddCommand = (program, readSettings) => {
  const edges = program
    .command('edges')
    .description('create, list and revoke the edges that validate near the users')
  addCreate(edges, readSettings)
  edges
    .command('list')
    .description('list edges, newest first, with their state, which may be a minute old')
    .option('--json', 'print JSON instead of a table')
    .action(async ({ json }: { json?: true }) => {
      const views = await withRuntime(readSettings(), listAll)
      if (json) printJson(views)
      else printTable(toRows(views))
    })
  edges
    .command('revoke')
    .description('revoke an edge; a running server rejects its token within a second')
    .argument('<edge>', 'the name or the id of the edge, as shown by licet edges list')
    .action(async (edge: string) => {
      const { id, name } = await withRuntime(readSettings(), (deps) => revoke(deps, edge))
      printLine(`Revoked ${id} (${printable(name)}).`)
    })
}

function addCreate(edges: Command, readSettings: () => Settings): void {
  edges
    .command('create')
    .description('create an edge and print its token, for LICET_EDGE_TOKEN')
    .argument('<name>', 'a name for the edge, such as eu-1', parseName)
    .action(async (name: string) => {
      const { edge, token } = await withRuntime(readSettings(), (deps) => create(deps, name))
      process.stderr.write(
        `Created edge ${edge.id} (${printable(edge.name)}). Its token is shown only once:\n`,
      )
      printLine(token)
    })
}

async function create(
  { store, vault, clock, createId, randomBytes }: Deps,
  name: string,
): Promise<{ edge: Edge; token: string }> {
  const token = createToken(randomBytes(TOKEN_RANDOM_BYTES), EDGE_TOKEN_PREFIX)
  const nowMs = clock.nowMs()
  const edge = buildEdge({ id: createId('edge'), name, createdAtMs: nowMs })
  await store.edges.create(edge, vault.hashToken(token), buildOwnContext(shellActor, nowMs))
  return { edge, token }
}

/** A revoked edge is listed until it can certainly answer no more. */
async function listAll({ store, clock }: Deps): Promise<readonly Row[]> {
  const edges = await store.edges.listAll()
  const newestFirst = edges.toSorted((one, other) => other.createdAtMs - one.createdAtMs)
  return newestFirst.map((edge) => presentRow(edge, clock.nowMs()))
}

async function revoke({ store, clock }: Deps, nameOrId: string): Promise<Edge> {
  const found = (await store.edges.find(nameOrId)) ?? (await store.edges.findByName(nameOrId))
  const context = buildOwnContext(shellActor, clock.nowMs())
  const revoked = found && (await store.edges.change(found.id, context, () => null))
  if (revoked !== null) return revoked
  const detail = `There is no edge ${nameOrId}. List all edges with: licet edges list`
  throw new Fault('not_found', detail)
}

/** Shows what the database knows. Only a running server knows whether an edge is connected. */
function presentRow(edge: Edge, nowMs: number) {
  const { id, name, createdAtMs, lastPolledAtMs, staleMs } = edge
  return {
    id,
    name,
    state: getEdgeState(edge, nowMs),
    created_at: toTimestamp(createdAtMs),
    last_seen_at: lastPolledAtMs === null ? null : toTimestamp(lastPolledAtMs),
    stale_seconds: Math.round(staleMs / 1000),
  }
}

type Row = ReturnType<typeof presentRow>

function toRows(views: readonly Row[]): readonly (readonly string[])[] {
  const rows = views.map((view) => [
    view.id,
    printable(view.name),
    view.state === 'away' ? `away since ${view.last_seen_at}` : view.state,
    view.created_at,
    view.last_seen_at === null ? '-' : `${view.stale_seconds}s`,
  ])
  return [['ID', 'NAME', 'STATE', 'CREATED', 'STALE UP TO'], ...rows]
}
