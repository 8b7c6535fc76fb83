// From the scanned code to the decision that the third party reads.

import assert from 'node:assert/strict'
import { check, issuer } from '../interop/demo.mjs'
import * as latchkey from './latchkey.mjs'
import { enterPassword, enterSentCode, enterTotp, press, sees } from './person.mjs'
import { SCREENS, close, look, scan, visit } from './screens.mjs'

/** That the third party reads what was agreed to, letter for letter, and nothing else. */
export async function agreed(request, { email, phone_number, first_name, last_name }, scopes) {
  const { status, scope, user_data, vendor_data } = await latchkey.decision(request)
  const { sub, ...data } = user_data
  assert.deepEqual([status, vendor_data, scope], ['Confirmed', 'walk', scopes.join(' ')])
  assert.ok(sub, 'an id of the person for this third party')
  assert.deepEqual(Object.keys(data).sort(), [...scopes].sort())
  const all = {
    names: () => assert.equal(data.names.full_name, `${first_name} ${last_name}`),
    email: () => assert.equal(data.email.email, email),
    phone: () => assert.equal(data.phone.phone_number, phone_number),
  }
  for (const scope of scopes) all[scope]()
}

const optional = (page) => page.getByRole('checkbox', { name: 'Your phone number' })

for (const screen of Object.keys(SCREENS)) {
  await check(`${screen}: scan, sign in, second factor, agree, decision read`, async () => {
    const one = await latchkey.personWithApp()
    const request = await latchkey.ask('names email phone', 'phone')
    await visit(screen, async (page) => {
      const url = await scan(page, `${request.url}/qr.svg`)
      assert.equal(url, request.url, 'the code reads as the url')
      await page.goto(url)
      assert.equal(page.url(), `${request.url}/sign-in`)
      await look(page, `${screen}-1-sign-in`)
      assert.equal(await latchkey.statusOf(request), 'retrieved')
      await enterPassword(page, one)
      await sees(page, 'One more step')
      await look(page, `${screen}-2-second-factor`)
      await enterTotp(page, one)
      await sees(page, 'Share your data with Harbour Car Rental?')
      const shown = await page.locator('main').innerText()
      for (const said of [/Asked (just now|\d+ seconds? ago)/, /\d+ seconds left/, 'Kari Nordmann', one.email, one.phone_number]) {
        assert.match(shown, said instanceof RegExp ? said : new RegExp(said.replace(/[.+]/g, '\\$&')))
      }
      assert.equal(await optional(page).isChecked(), false)
      await look(page, `${screen}-3-question`)
      await press(page, 'Agree')
      await sees(page, 'You agreed')
      await look(page, `${screen}-4-agreed`)
    })
    await agreed(request, one, ['names', 'email'])
  })
}

await check('what is optional goes along when it is ticked', async () => {
  const one = await latchkey.personWithApp()
  const request = await latchkey.ask('names email phone', 'phone')
  await visit('phone', async (page) => {
    await page.goto(request.url)
    await enterPassword(page, one)
    await enterTotp(page, one)
    await optional(page).check()
    await press(page, 'Agree')
    await sees(page, 'You agreed')
    assert.match(await page.locator('main').innerText(), /Your phone number/)
  })
  await agreed(request, one, ['names', 'email', 'phone'])
})

await check('of several entries the one that is picked goes along, and nothing is shared of what is not known', async () => {
  const addresses = [
    { street_address: 'Storgata 1', postal_code: '0155', locality: 'Oslo', country: 'NO' },
    { street_address: 'Fjordveien 22', postal_code: '5003', locality: 'Bergen', country: 'NO' },
  ]
  const profile = { emails: ['kari@work.example.com'], birthdate: '1999-03-24', addresses, is_verified: true }
  const one = await latchkey.person({ profile })
  const scope = 'names email birthdate is_over_18 gender address bank_account'
  const request = await latchkey.ask(scope, 'address bank_account')
  for (const screen of ['phone', 'desktop']) {
    await visit(screen, async (page) => {
      await page.goto(request.url)
      await enterPassword(page, one)
      await page.getByRole('radio', { name: 'kari@work.example.com' }).check()
      await page.getByRole('checkbox', { name: 'Your address' }).check()
      await page.getByRole('radio', { name: /Fjordveien 22/ }).check()
      await look(page, `${screen}-question-with-picks`)
      if (screen === 'phone') return
      await press(page, 'Agree')
      await sees(page, 'You agreed')
    })
  }
  const { user_data } = await latchkey.decision(request)
  assert.equal(user_data.email.email, 'kari@work.example.com')
  assert.equal(user_data.address.street_address, 'Fjordveien 22')
  assert.equal(user_data.is_over_18, true)
  assert.deepEqual(Object.keys(user_data).sort(), ['address', 'birthdate', 'email', 'is_over_18', 'names', 'sub'])
})

await check('what people are called stays text', async () => {
  const one = await latchkey.person({ first_name: '<script>alert(1)</script>', last_name: '"\u202enatS\u202c' })
  const request = await latchkey.ask('names')
  await visit('phone', async (page) => {
    await page.goto(request.url)
    await enterPassword(page, one)
    assert.equal(await page.locator('bdi.value').first().innerText(), '<script>alert(1)</script> "natS')
    await look(page, 'phone-question-hostile')
  })
})

await check('the whole way without JavaScript', async () => {
  const one = await latchkey.personWithApp()
  const request = await latchkey.ask('names email phone', 'phone')
  const withoutScripts = { javaScriptEnabled: false }
  const walk = async (page) => {
    await page.goto(request.url)
    await enterPassword(page, one)
    await enterTotp(page, one)
    await optional(page).check()
    await press(page, 'Agree')
    await sees(page, 'You agreed')
  }
  await visit('phone', walk, withoutScripts)
  await agreed(request, one, ['names', 'email', 'phone'])
})

await check('the whole way by keyboard, and the focus is always seen', async () => {
  const one = await latchkey.personWithApp()
  const request = await latchkey.ask('names email phone', 'phone')
  await visit('desktop', async (page) => {
    const { keyboard } = page
    /** Presses Tab until this has the focus. */
    const tabTo = async (wanted) => {
      for (let presses = 0; presses < 20; presses += 1) {
        await keyboard.press('Tab')
        const [found, outline] = await page.evaluate(() => {
          const { activeElement: focused } = document
          const name = focused.labels?.[0]?.innerText ?? focused.innerText
          return [name.trim(), getComputedStyle(focused).outlineWidth]
        })
        assert.equal(outline, '3px', `the focus on ${found}`)
        if (found.startsWith(wanted)) return
      }
      throw new Error(`no way to ${wanted}`)
    }
    /** Presses a key that leads to another page. */
    const go = async (key) => {
      const next = page.waitForEvent('load')
      await keyboard.press(key)
      await next
    }
    await page.goto(request.url)
    await tabTo('E-mail')
    await keyboard.type(one.email)
    await tabTo('Password')
    await keyboard.type(one.password)
    await go('Enter')
    await tabTo('Code from your')
    await keyboard.type(await latchkey.totp(one))
    await go('Enter')
    await tabTo('Your phone number')
    // Enter in a field sends most forms: this one must not be answered by it.
    await keyboard.press('Enter')
    await page.waitForTimeout(500)
    await sees(page, 'Share your data with Harbour Car Rental?')
    await keyboard.press('Space')
    assert.equal(await optional(page).isChecked(), true)
    await tabTo('Agree')
    await go('Enter')
    await sees(page, 'You agreed')
  })
  await agreed(request, one, ['names', 'email', 'phone'])
})

await check('a double click agrees once', async () => {
  const one = await latchkey.personWithApp()
  const request = await latchkey.ask('names email')
  await visit('desktop', async (page) => {
    await page.goto(request.url)
    await enterPassword(page, one)
    await enterTotp(page, one)
    await page.getByRole('button', { name: 'Agree' }).dblclick()
    await sees(page, 'You agreed')
    await page.goto(`${issuer}/authorize/consents`)
    assert.equal(await page.getByRole('button', { name: /^Take back/ }).count(), 1)
  })
  await agreed(request, one, ['names', 'email'])
})

await check('going back after agreeing, reloading and sending the form again change nothing', async () => {
  const one = await latchkey.personWithApp()
  const request = await latchkey.ask('names email phone', 'phone')
  await visit('phone', async (page) => {
    await page.goto(request.url)
    await enterPassword(page, one)
    await enterTotp(page, one)
    const field = (name) => page.locator(`input[name="${name}"]`).inputValue()
    const form = { csrf: await field('csrf'), shown: await field('shown'), decision: 'agree', 'scope.phone': 'on' }
    await press(page, 'Agree')
    await sees(page, 'You agreed')
    await page.reload()
    await sees(page, 'You agreed')
    await page.goBack()
    await sees(page, 'You agreed')
    for (const again of [form, { ...form, decision: 'decline' }]) {
      const answer = await page.request.post(request.url, { form: again, headers: { origin: issuer } })
      assert.match(await answer.text(), /You agreed/)
    }
  })
  await agreed(request, one, ['names', 'email'])
})

await check('a code by text message where the tenant wants second factors, and a recovery code', async () => {
  await latchkey.wantSecondFactors(true)
  try {
    const one = await latchkey.person()
    const request = await latchkey.ask('names email')
    await visit('phone', async (page) => {
      await page.goto(request.url)
      await enterPassword(page, one)
      await look(page, 'phone-second-factor-to-send')
      await enterSentCode(page, one, () => look(page, 'phone-second-factor-sent'))
      await press(page, 'Agree')
      await sees(page, 'You agreed')
    })
    await agreed(request, one, ['names', 'email'])
  } finally {
    await latchkey.wantSecondFactors(false)
  }
  const one = await latchkey.personWithApp()
  const request = await latchkey.ask('names email')
  await visit('desktop', async (page) => {
    await page.goto(request.url)
    await enterPassword(page, one)
    await page.getByText('Use a recovery code').click()
    await look(page, 'desktop-second-factor-recovery')
    await page.getByLabel('Recovery code').fill(one.recoveryCodes[0])
    await page.getByRole('group').getByRole('button', { name: 'Go on' }).click()
    await press(page, 'Agree')
    await sees(page, 'You agreed')
  })
  await agreed(request, one, ['names', 'email'])
})

await close()
