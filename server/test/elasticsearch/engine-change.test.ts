import 'reflect-metadata';
import { engineChangeContract } from '../engine-change.contract.ts';

engineChangeContract('SQLite');
