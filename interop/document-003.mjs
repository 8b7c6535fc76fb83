// Document 003's own TypeScript sample against us, unchanged: `document-003.ts`.

import { readFile, readdir } from 'node:fs/promises'
import ts from 'typescript'
import { check, refused } from './demo.mjs'

const source = await readFile(new URL('document-003.ts', import.meta.url), 'utf8')
const target = ts.ScriptTarget.ES2022
const options = { compilerOptions: { target, module: ts.ModuleKind.ES2022 }, reportDiagnostics: true }
const { outputText, diagnostics } = ts.transpileModule(source, options)
const sample = await import(`data:text/javascript,${encodeURIComponent(outputText)}`)
// It says on the console what it throws.
console.error = () => {}

const same = (found, wanted) => {
  if (found !== wanted) throw new Error(`${found}, not ${wanted}`)
}
const vendorData = '9f2c61a0-1b7e-4a55-8a3c-0d6d2a9b4e11'
let session

await check('document 003: the sample is TypeScript', () => same(diagnostics.length, 0))
await check('document 003: the sample is the document\'s', async () => {
  const folder = new URL('../../shared/documents/', import.meta.url)
  const files = await readdir(folder).catch(() => [])
  const name = files.find((file) => file.startsWith('003'))
  // Where the documents are not at hand there is nothing to compare with.
  if (!name) return
  const document = await readFile(new URL(name, folder), 'utf8')
  const written = document.slice(document.indexOf('const createSession')).trimEnd()
  same(source.includes(`\n${written}\n`), true)
})
await check('document 003: the sample opens a session', async () => {
  session = await sample.createSession('pictures names email', vendorData)
  same(Object.keys(session).join(' '), 'session_id session_token url')
  same(session.url, `${sample.BASE_URL}/authorize/${session.session_token}`)
})
await check('document 003: vendor_data may be left out', () => sample.createSession('names'))
await check('document 003: the session is what was asked for', async () => {
  const { access_token } = await sample.getClientToken()
  const answer = await fetch(`${sample.BASE_URL}/auth/v2/session/${session.session_id}/decision/`, {
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${access_token}` },
  })
  const decision = await answer.json()
  same(`${decision.status}: ${decision.scope}, ${decision.vendor_data}`, `Initialized: pictures names email, ${vendorData}`)
})
for (const [what, scope, said] of [
  ['an unknown scope', 'names passport', 'scope names passport, which nobody can ask for.'],
  ['no scope', '', 'scope must name what is asked for.'],
]) {
  await check(`document 003: the sample throws our message for ${what}`, () =>
    refused(() => sample.createSession(scope, vendorData), (error) => error.message === said))
}
