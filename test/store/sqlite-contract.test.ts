// The embedded store keeps the contract of every store.
import t from 'tap'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import { storeContract } from './contract.ts'

storeContract(t, () => openSqliteStore(t.testdir()))
