// A browser that is watched: what it complains of, whom it calls, what each page looks like and is to a screen reader.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import jsQR from 'jsqr'
import { chromium } from 'playwright-core'
import { PNG } from 'pngjs'
import { issuer } from '../interop/demo.mjs'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const SHOTS = new URL('screenshots/', import.meta.url)
mkdirSync(SHOTS, { recursive: true })

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }
const DESKTOP = { viewport: { width: 1280, height: 900 } }
export const SCREENS = {
  phone: { ...PHONE, colorScheme: 'light' },
  'phone-dark': { ...PHONE, colorScheme: 'dark' },
  desktop: { ...DESKTOP, colorScheme: 'light' },
  'desktop-dark': { ...DESKTOP, colorScheme: 'dark' },
  contrast: { ...DESKTOP, forcedColors: 'active', contrast: 'more', reducedMotion: 'reduce' },
  // What is left of a desktop at 400 % (WCAG 2.2, 1.4.10).
  narrow: { viewport: { width: 320, height: 640 }, colorScheme: 'light' },
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
})
export const close = () => browser.close()

/**
 * Runs `work` on a page of a fresh browser, which must have had nothing to complain of and called nobody else, unless it
 * is lured to other people's pages.
 */
export async function visit(screen, work, { isLured = false, ...options } = {}) {
  const context = await browser.newContext({ ...SCREENS[screen], ...options })
  const complaints = []
  context.on('console', (message) => {
    const isOurNo = /^Failed to load resource: the server responded with a status of 4/.test(message.text())
    if (['error', 'warning'].includes(message.type()) && !isOurNo) complaints.push(message.text())
  })
  context.on('weberror', (error) => complaints.push(String(error.error())))
  context.on('request', (request) => {
    const { origin } = new URL(request.url())
    if (origin !== issuer) complaints.push(`a request to ${origin}`)
  })
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    await work(page)
    if (!isLured) assert.deepEqual(complaints, [])
  } finally {
    await context.close()
  }
}

/** Keeps what the page looks like, and holds it against WCAG 2.2 AA. */
export async function look(page, name, { withAxe = true } = {}) {
  await page.screenshot({ path: new URL(`${name}.png`, SHOTS).pathname, fullPage: true })
  assert.equal(await page.locator('h1').count(), 1, 'one heading')
  assert.equal(await page.locator('script').count(), 0, 'no script')
  const { width } = page.viewportSize()
  const wide = await page.evaluate(() => document.documentElement.scrollWidth)
  assert.ok(wide <= width, `scrolls sideways: ${wide} > ${width}`)
  for (const target of await page.locator('button:not([aria-hidden]):visible, input:visible, a.quiet:visible, summary:visible').all()) {
    const around = target.locator('xpath=ancestor::label')
    const box = await ((await around.count()) ? around : target).boundingBox()
    assert.ok(box.height >= 44 && box.width >= 44, `a target of ${box.width} x ${box.height}: ${await target.innerText()}`)
  }
  if (!withAxe) return
  // Evaluated by the browser's own tools, so that the page's policy stays as it is.
  await page.evaluate(AXE)
  const { violations } = await page.evaluate(() =>
    window.axe.run({ preload: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
  )
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`), [])
}

/** What a phone reads off a picture of a code. */
export async function scan(page, url) {
  const answer = await page.goto(url)
  assert.equal(answer.headers()['content-type'], 'image/svg+xml')
  const { data, width, height } = PNG.sync.read(await page.screenshot())
  return jsQR(new Uint8ClampedArray(data), width, height)?.data
}
