import { type Browser, chromium } from 'playwright-core';

/** Debian's Chromium, without a window. */
export async function launchChromium(): Promise<Browser> {
  try {
    return await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  } catch {
    throw new Error('no Chromium could be started: install it (apt-get install chromium)');
  }
}
