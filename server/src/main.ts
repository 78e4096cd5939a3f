/**
 * In: the command line. Out: the verb that was asked for. Called by: `npm start`, `npx pnpm minsheng VERB`.
 */
import 'reflect-metadata';
import { run } from './cli/cli.ts';

process.exitCode = await run(process.argv.slice(2));
