import { describe, expect, test } from 'bun:test'
import type { Mail, MailDecision, MailDraft } from '~/domain/mails.ts'
import type { Commit, Store } from '~/store/port.ts'
import { startMs } from '../../support/samples.ts'
import {
  contextAt,
  contextOnce,
  decision,
  firstPage,
  issue,
  issueOne,
  type OpenStore,
  readAllPages,
} from './stores.ts'

const LEASE_MS = 60_000

const sent: MailDecision = {
  progress: { state: 'sent', attempts: 1, sentAtMs: startMs },
  reason: null,
  endsAttempt: true,
}

/** Decides nothing but these mails. */
const draft = (store: Store, licenseId: string, mails: readonly MailDraft[]) =>
  store.licenses.change(licenseId, { intent: 'none' }, contextAt(), () => ({
    ...decision(null),
    mails,
  }))

async function order(store: Store, licenseId: string, nowMs = startMs) {
  const mail = await store.mails.create(licenseId, contextAt(nowMs), () => ({
    kind: 'key',
    licenseId,
  }))
  if (mail === null) throw new Error('there is no such license')
  return mail
}

const claim = (store: Store, { nowMs = startMs, instanceId = 'one', max = 10 } = {}) =>
  store.mails.claim({ instanceId, nowMs, claimedUntilMs: nowMs + LEASE_MS, max })

async function changeEmail(store: Store, licenseId: string, customerEmail: string | null) {
  const set = { customerEmail }
  await store.licenses.change(licenseId, { intent: 'none' }, contextAt(), () =>
    decision(null, [{ type: 'license.update', licenseId, set }]),
  )
}

export function mailsContract(openStore: OpenStore): void {
  describe('mails', () => {
    test('mails: a decision writes its mails, and those to the license that it creates', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await draft(store, license.id, [{ kind: 'past_due', licenseId: license.id }])
      const { data } = await store.mails.list({}, firstPage)
      expect(data).toMatchObject([
        {
          licenseId: license.id,
          kind: 'past_due',
          recipient: 'dev@example.com',
          createdAtMs: startMs,
          progress: { state: 'pending', attempts: 0, nextAttemptAtMs: startMs },
          reason: null,
        },
      ])
      const [mail] = data
      expect(mail?.messageId).toBe(`<${mail?.id}@mail.example>`)
    })

    test('mails: a mail is not written if its command fails, or nobody could receive it', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const context = contextOnce<Mail>(() => {
        throw new Error('the response cannot be rendered')
      })
      const failing = store.mails.create(license.id, context, () => ({
        kind: 'key',
        licenseId: license.id,
      }))
      await expect(failing).rejects.toThrow()
      await changeEmail(store, license.id, null)
      await draft(store, license.id, [{ kind: 'key', licenseId: license.id }])
      expect((await store.mails.list({}, firstPage)).data).toEqual([])
      expect(
        await store.mails.create('lic_none', contextAt(), () => expect.unreachable()),
      ).toBeNull()
    })

    test('mails: a mail is claimed by one process, until its attempt or the lease ends', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const mail = await order(store, license.id)
      expect(await claim(store, { nowMs: startMs - 1 })).toEqual([])
      const [claimed] = await claim(store)
      expect(claimed).toMatchObject({
        mail,
        license: { id: license.id },
        product: { slug: 'default' },
      })
      expect(await claim(store, { instanceId: 'two' })).toEqual([])
      const later = { nowMs: startMs + LEASE_MS, instanceId: 'two' }
      expect(await claim(store, later)).toHaveLength(1)
      await store.mails.release('one')
      expect(await claim(store, later)).toEqual([])
      await store.mails.release('two')
      expect(await claim(store, later)).toHaveLength(1)
      const pending = { state: 'pending', attempts: 1, nextAttemptAtMs: startMs } as const
      const decideFailure = () => ({ progress: pending, reason: 'a reason', endsAttempt: true })
      await store.mails.change(mail.id, contextAt(), decideFailure)
      expect(await claim(store)).toMatchObject([
        { mail: { reason: 'a reason', progress: pending } },
      ])
      await store.mails.change(mail.id, contextAt(), () => ({ ...sent, endsAttempt: false }))
      expect(await store.mails.find(mail.id)).toEqual({ ...mail, progress: sent.progress })
      expect(await claim(store, { nowMs: startMs + 10 * LEASE_MS })).toEqual([])
    })

    test('mails: the longest due come first, up to the maximum', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const late = await order(store, license.id, startMs + 2)
      const early = await order(store, license.id, startMs + 1)
      const [first] = await claim(store, { nowMs: startMs + 2, max: 1 })
      expect(first?.mail.id).toBe(early.id)
      const [second] = await claim(store, { nowMs: startMs + 2, max: 1 })
      expect(second?.mail.id).toBe(late.id)
    })

    test('mails: a claimed mail is addressed to the present customer', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const { id } = await order(store, license.id)
      await changeEmail(store, license.id, 'new@example.com')
      expect(await claim(store)).toMatchObject([{ mail: { recipient: 'new@example.com' } }])
      expect((await store.mails.find(id))?.recipient).toBe('new@example.com')
    })

    test('mails: they are listed newest first, by license, state and recipient', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const [other] = await issue(store, { customerEmail: 'ann@example.com' })
      const otherId = other?.license.id ?? ''
      const mails = [
        await order(store, license.id),
        await order(store, otherId),
        await order(store, license.id),
      ]
      const [first, second, third] = mails.map(({ id }) => id)
      await store.mails.change(first ?? '', contextAt(), () => sent)
      const list = async (filter: Parameters<Store['mails']['list']>[0]) => {
        const all = await readAllPages((page) => store.mails.list(filter, page), 1)
        return all.map(({ id }) => id)
      }
      expect(await list({})).toEqual([third, second, first] as string[])
      expect(await list({ licenseId: otherId })).toEqual([second] as string[])
      expect(await list({ state: 'sent' })).toEqual([first] as string[])
      expect(await list({ recipient: 'dev@example.com', state: 'pending' })).toEqual([
        third,
      ] as string[])
    })

    test('mails: those that wait for too long fail, and old ones are deleted unless they wait', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const old = await order(store, license.id)
      const young = await order(store, license.id, startMs + 1)
      expect(await store.mails.deleteOld(startMs, 10)).toBe(0)
      expect(await store.mails.giveUp(startMs, 'too late', 10)).toBe(1)
      expect(await store.mails.find(old.id)).toMatchObject({
        progress: { state: 'failed' },
        reason: 'too late',
      })
      expect(await store.mails.deleteOld(startMs, 10)).toBe(1)
      expect((await store.mails.list({}, firstPage)).data).toEqual([young])
    })

    test('mails: an erased customer is in no mail, and gets none', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const done = await order(store, license.id)
      await store.mails.change(done.id, contextAt(), () => sent)
      const waiting = await order(store, license.id)
      const isNamed = () => false
      const customer = { customerEmail: 'dev@example.com', validations: 0 }
      await store.customers.erase(
        { ...customer, mentionsCustomer: isNamed, isNamedInEvent: isNamed },
        contextAt(),
      )
      expect(await store.mails.find(done.id)).toMatchObject({
        recipient: null,
        progress: { state: 'sent' },
      })
      expect(await store.mails.find(waiting.id)).toMatchObject({
        recipient: null,
        progress: { state: 'canceled' },
        reason: 'The customer was erased.',
      })
      expect(await claim(store)).toEqual([])
    })

    test('mails: a commit reports new and retried mails, but not attempts', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const commits: Commit[] = []
      store.subscribe((commit) => void commits.push(commit))
      const { id } = await order(store, license.id)
      await store.mails.change(id, contextAt(), () => sent)
      await store.mails.change(id, contextAt(), () => ({ ...sent, endsAttempt: false }))
      expect(commits.map(({ touchesMails }) => touchesMails)).toEqual([true, false, true])
    })

    test('mails: times that a wrong clock has set are corrected', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await order(store, license.id, startMs + 365 * 86_400_000)
      for await (const _count of store.maintenance.correctTimes(startMs));
      expect(await claim(store)).toMatchObject([{ mail: { createdAtMs: startMs } }])
    })
  })
}
