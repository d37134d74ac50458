import type { Locator, Page } from 'playwright-core';
import { waitUntil } from '../../src/servers/waitUntil.js';
import { launchChromium } from '../harness/chromium.js';

/** The Temporal UI in Debian's Chromium, as a person uses it. */
export interface TemporalUi {
  /** The workflow's own page. */
  open(workflowId: string): Promise<void>;
  /** The text of the tab User Metadata, read anew, as soon as it says so. */
  sheet(saying: string): Promise<string>;
  /** More Actions, Send an Update: names and descriptions that are offered there. */
  chooseUpdate(name: string): Promise<string>;
  /** Puts this in and sends it; what the dialogue says to it, or null when it closed. */
  send(input: string): Promise<string | null>;
  screenshot(file: string): Promise<void>;
  close(): Promise<void>;
}

const waitMs = 30_000;

export async function openTemporalUi(address: string): Promise<TemporalUi> {
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  page.setDefaultTimeout(waitMs);
  return {
    async open(workflowId) {
      await page.goto(`${address}/namespaces/default/workflows/${encodeURIComponent(workflowId)}`);
      await page.getByRole('button', { name: 'More Actions' }).filter({ visible: true }).waitFor();
    },
    sheet: (saying) => sheet(page, saying),
    chooseUpdate: (name) => chooseUpdate(page, name),
    send: (input) => send(page, input),
    screenshot: async (file) => {
      await page.screenshot({ path: file });
    },
    close: () => browser.close(),
  };
}

/** The details are a document of their own within the page. */
async function sheet(page: Page, saying: string): Promise<string> {
  await page.getByTestId('user-metadata-tab').click();
  const read = async () => {
    const texts = await Promise.all(page.frames().map((frame) => frame.locator('body').allInnerTexts()));
    return texts.flat().find((text) => text.includes(saying));
  };
  return waitUntil(read, { what: 'the details of the workflow', timeoutMs: waitMs });
}

async function chooseUpdate(page: Page, name: string): Promise<string> {
  await page.getByRole('button', { name: 'More Actions' }).filter({ visible: true }).click();
  await page.getByTestId('update-button').filter({ visible: true }).click();
  const dialogue = dialogueOf(page);
  await dialogue.locator('button:has(#update-select)').click();
  const offered = dialogue.getByRole('option').filter({ visible: true });
  await offered.first().waitFor();
  const texts = await offered.allInnerTexts();
  await offered.filter({ hasText: new RegExp(`^\\s*${name}\\b`) }).click();
  return texts.join('\n');
}

/** The page holds each dialogue twice; one of them is open. */
function dialogueOf(page: Page): Locator {
  return page.locator('dialog#update-confirmation-modal[open]');
}

/** The editor re-formats its text when it loses the focus, which moves the button: the focus goes first. */
async function send(page: Page, input: string): Promise<string | null> {
  const dialogue = dialogueOf(page);
  await dialogue.locator('.cm-content').click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(input);
  await dialogue.locator('#update-id').focus();
  await dialogue.getByTestId('confirm-modal-button').click();
  const closed = dialogue.waitFor({ state: 'hidden' }).then(() => null);
  const refused = dialogue
    .getByText(refusalText)
    .waitFor()
    .then(async () => (await dialogue.allInnerTexts()).join());
  for (const each of [closed, refused]) each.catch(() => undefined);
  return Promise.race([closed, refused]);
}

const refusalText = /Nothing was changed/;
