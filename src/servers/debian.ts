import { runTool } from './runTool.js';

/** Installs Debian packages with apt-get. Throws when not root, or when apt-get fails. */
export async function installDebianPackages(packages: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('installing Debian packages needs root');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const patience = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=120'];
  await runTool('apt-get', ['update', ...patience], { env, timeoutMs: 120_000 });
  await runTool('apt-get', ['install', ...patience, '--no-install-recommends', ...packages], {
    env,
    timeoutMs: 300_000,
  });
}
