import type { Page } from 'playwright-core';
import { launchChromium } from '../harness/chromium.js';
import type { Place } from './leakScan.js';

export interface PageToRead {
  readonly name: string;
  readonly url: string;
  /** It is there when it shows this. */
  readonly shows: string;
}

export interface WorkflowRun {
  readonly workflowId: string;
  readonly runId: string;
}

const waitMs = 30_000;
/** Pages that poll are never idle. */
const idleMs = 5_000;

/** Pages of workflows in the Temporal UI that hold more than the others. */
export function workflowPages(address: string, runs: readonly WorkflowRun[]): readonly PageToRead[] {
  return runs.flatMap(({ workflowId, runId }) =>
    ['history', 'user-metadata'].map((view) => ({
      name: `${view} of ${workflowId}`,
      url: `${address}/namespaces/default/workflows/${encodeURIComponent(workflowId)}/${runId}/${view}`,
      shows: workflowId,
    })),
  );
}

/**
 * Pages in Debian's Chromium: their texts, and everything that the browser was given to make them, which includes what a
 * page shows only on a click.
 */
export async function readPages(pages: readonly PageToRead[]): Promise<readonly Place[]> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 4000 } });
    page.setDefaultTimeout(waitMs);
    const answers = recordAnswers(page);
    const texts: Place[] = [];
    for (const { name, url, shows } of pages) {
      await page.goto(url);
      await page.getByText(shows).first().waitFor();
      await page.waitForLoadState('networkidle', { timeout: idleMs }).catch(() => undefined);
      texts.push({ name: `the page ${name}`, content: await textOf(page) });
    }
    return [...texts, ...(await answers())];
  } finally {
    await browser.close();
  }
}

async function textOf(page: Page): Promise<string> {
  const frames = page
    .frames()
    .map(async (frame) => `${await frame.locator('body').allInnerTexts()}\n${await frame.content()}`);
  return (await Promise.all(frames)).join('\n');
}

/** Answers of the server, and of the codec server behind it, as the page got them. */
function recordAnswers(page: Page): () => Promise<readonly Place[]> {
  const recorded: Promise<Place[]>[] = [];
  page.on('response', (response) => {
    const isCode = /\.(js|css|woff2?|png|svg|ico)(\?|$)/.test(response.url());
    const body = response.body().then((content) => [{ name: `the answer to ${nameOf(response.url())}`, content }]);
    if (!isCode) recorded.push(body.catch(() => []));
  });
  return async () => (await Promise.all(recorded)).flat();
}

/** Without the host, and without the token of the codec server. */
function nameOf(url: string): string {
  return new URL(url).pathname.replace(/^\/[\w-]{43}\//, '/codec/');
}
