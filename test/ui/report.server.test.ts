import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportPage } from '../../src/evidence/html/page.js';
import { sampleReport } from '../evidence/sampleReport.js';
import { launchChromium } from '../harness/chromium.js';

const folder = mkdtempSync(join(tmpdir(), 'relock-report-'));
const address = pageOf(10_000);

function pageOf(credentials: number): string {
  const file = join(folder, `${credentials}.html`);
  writeFileSync(file, reportPage(sampleReport(credentials), 'ab'.repeat(32)));
  return pathToFileURL(file).href;
}

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the report of 10,000 credentials in Chromium', () => {
  it.each([390, 1280])(
    'at %d px: no wider than the screen, asks for nothing, and is there in seconds',
    async (width) => {
      const page = await browser.newPage({ viewport: { width, height: 900 } });
      const asked: string[] = [];
      const said: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      page.on('console', (message) => said.push(message.text()));
      const begun = performance.now();
      await page.goto(address, { waitUntil: 'load' });
      expect(performance.now() - begun).toBeLessThan(10_000);
      expect(asked).toEqual([address]);
      expect(said).toEqual([]);
      const overflow = () => page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect(await overflow()).toBeLessThanOrEqual(0);
      await page.locator('summary', { hasText: '9401–9500 of 9500' }).click();
      await page.locator('th[scope=row]', { hasText: 'meter-gateway-9999' }).scrollIntoViewIfNeeded();
      expect(await overflow()).toBeLessThanOrEqual(0);
      await page.close();
    },
  );

  it('on paper every credential is there, also in groups that are closed on the screen', async () => {
    const page = await browser.newPage({ viewport: { width: 700, height: 900 } });
    await page.goto(pageOf(400));
    await page.emulateMedia({ media: 'print' });
    const shown = `[...document.querySelectorAll('tbody tr')].filter((row) => row.getBoundingClientRect().height > 0).length`;
    expect(await page.evaluate(shown)).toBe(400);
    await page.close();
  });
});
