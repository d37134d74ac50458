import type { Register } from '../command.js';
import type { DemoOptions } from '../demo/demo.js';

export const register: Register = (program, cli) => {
  program
    .command('demo')
    .description(
      "a vendor's breach on a lab of SSH devices, all of it on this machine: plan, approval, rotation, proof",
    )
    .option('--yes', 'approve the plan at once and end without waiting, for scripts')
    .action(
      cli.action(async (context, options: DemoOptions) => {
        const { demo } = await import('../demo/demo.js');
        return demo(context, options);
      }),
    );
};
