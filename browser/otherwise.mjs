// All that is no plain yes: declining, too late, somebody else, wrong passwords, other people's pages; and taking back.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { check, issuer } from '../interop/demo.mjs'
import * as latchkey from './latchkey.mjs'
import { enterPassword, press, sees } from './person.mjs'
import { close, look, visit } from './screens.mjs'

const untouched = async (request, status) => {
  const { status: decided, user_data } = await latchkey.decision(request)
  assert.deepEqual([decided, user_data], [status, {}])
}

for (const screen of ['phone', 'desktop-dark']) {
  await check(`${screen}: declining what is asked`, async () => {
    const one = await latchkey.person()
    const request = await latchkey.ask('names email')
    await visit(screen, async (page) => {
      await page.goto(request.url)
      await enterPassword(page, one)
      const agree = await page.getByRole('button', { name: 'Agree' }).boundingBox()
      const decline = await page.getByRole('button', { name: 'Decline' }).boundingBox()
      assert.deepEqual([agree.width, agree.height], [decline.width, decline.height], 'as large as the other')
      await press(page, 'Decline')
      await sees(page, 'This request was declined')
      await look(page, `${screen}-declined`)
    })
    await untouched(request, 'Cancelled')
  })
}

await check('declining without signing in', async () => {
  const request = await latchkey.ask('names email')
  await visit('phone', async (page) => {
    await page.goto(request.url)
    await press(page, 'Decline')
    await sees(page, 'This request was declined')
    await page.goBack()
    await sees(page, 'This request was declined')
  })
  await untouched(request, 'Cancelled')
})

for (const screen of ['phone', 'desktop']) {
  await check(`${screen}: time runs out while the question is open`, async () => {
    const one = await latchkey.person()
    const request = await latchkey.ask('names email')
    await visit(screen, async (page) => {
      await page.goto(request.url)
      await enterPassword(page, one)
      await latchkey.advance(121)
      await press(page, 'Agree')
      await sees(page, 'Time is up')
      await look(page, `${screen}-expired`)
    })
    await untouched(request, 'Expired')
  })
}

await check('of two people with one code, one answers', async () => {
  const [one, other] = [await latchkey.person(), await latchkey.person()]
  const request = await latchkey.ask('names email')
  await visit('phone', async (page) => {
    await page.goto(request.url)
    await enterPassword(page, one)
    await visit('desktop', async (second) => {
      await second.goto(request.url)
      // A stranger cannot decline for them.
      assert.equal(await second.getByRole('button', { name: 'Decline' }).count(), 0)
      await enterPassword(second, other)
      await sees(second, 'Somebody else has this request')
      await look(second, 'desktop-answered-elsewhere')
    })
    await press(page, 'Agree')
    await sees(page, 'You agreed')
  })
  assert.equal((await latchkey.decision(request)).user_data.email.email, one.email)
})

await check('a wrong password is said, and what was typed stays', async () => {
  const one = await latchkey.person()
  const request = await latchkey.ask('names email')
  await visit('phone', async (page) => {
    await page.goto(request.url)
    await enterPassword(page, { ...one, password: 'something else' })
    assert.match(await page.title(), /^Error: /)
    assert.equal(await page.locator('[role=alert]').evaluate((alert) => alert === document.activeElement), true)
    assert.equal(await page.getByLabel('E-mail, phone number or sign-in name').inputValue(), one.email)
    assert.equal(await page.getByLabel('Password').inputValue(), '')
    await look(page, 'phone-wrong-password')
    await enterPassword(page, one)
    await sees(page, 'Share your data with Harbour Car Rental?')
  })
})

await check('a code that is none', async () => {
  await visit('phone', async (page) => {
    await page.goto(`${issuer}/authorize/not-a-code`)
    await sees(page, 'This code does not work')
    await look(page, 'phone-unknown')
  })
})

await check("other people's pages can neither show the question nor answer it", async () => {
  const one = await latchkey.person()
  const request = await latchkey.ask('names email')
  const walk = async (page) => {
    await page.goto(request.url)
    await enterPassword(page, one)
    const form = `<form method="post" action="${request.url}">${['csrf', 'shown'].map((name) => `<input name="${name}">`)}
      <button name="decision" value="agree">Win a prize</button></form><iframe src="${request.url}"></iframe>`
    const theirs = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end(form)).listen(0, '127.0.0.1')
    await new Promise((listening) => theirs.once('listening', listening))
    const field = (name) => page.locator(`input[name="${name}"]`).inputValue()
    const [csrf, shown] = [await field('csrf'), await field('shown')]
    try {
      for (const host of ['127.0.0.1', 'localhost']) {
        const origin = `http://${host}:${theirs.address().port}`
        const lured = await page.context().newPage()
        await lured.goto(origin)
        const framed = await lured.frames()[1].content()
        assert.ok(!framed.includes('Agree'), 'shown in a frame')
        // Even with what only our page knows.
        await lured.locator('input[name=csrf]').fill(csrf)
        await lured.locator('input[name=shown]').fill(shown)
        await press(lured, 'Win a prize')
        await sees(lured, 'Please try again')
        await look(lured, 'desktop-problem')
      }
    } finally {
      theirs.close()
    }
    await press(page, 'Agree')
    await sees(page, 'You agreed')
  }
  await visit('desktop', walk, { isLured: true })
})

await check('what was agreed to is listed, and can be taken back', async () => {
  const one = await latchkey.person()
  const request = await latchkey.ask('names email')
  await visit('phone', async (page) => {
    await page.goto(request.url)
    await enterPassword(page, one)
    await press(page, 'Agree')
    await page.getByRole('link', { name: 'See or take back what you shared' }).click()
    await sees(page, 'What you share')
    await look(page, 'phone-consents')
    await page.getByRole('button', { name: /^Take back what Harbour Car Rental/ }).click()
    assert.match(await page.locator('main').innerText(), /Taken back \d+ \w+ \d{4}, \d\d:\d\d UTC/)
    assert.equal(await page.getByRole('button', { name: /^Take back/ }).count(), 0)
    await look(page, 'phone-consents-taken-back')
    await press(page, 'Sign out')
    await sees(page, 'Sign in to Nordlys Bank')
    await look(page, 'phone-consents-sign-in')
    // Nor does going back show anything to whoever comes next.
    await page.goBack()
    await sees(page, 'Sign in to Nordlys Bank')
  })
  await assert.rejects(latchkey.decision(request), /404/)
})

await close()
