// SPDX-License-Identifier: BSL-1.0
#pragma once
// SQLite of sql.js: a table in a memory that grows, and a query that adds up its rows.
#include "support/wasmtime/guest.hpp"

namespace quire::test {

class sql_js {
  static std::uint32_t environ_sizes_get(const guest_memory& of_caller, std::span<const wasmtime_val_t> arguments) {
    for (const wasmtime_val_t& each : arguments)
      of_caller.write(static_cast<std::uint32_t>(each.of.i32), {"\0\0\0", 4});  // no variables, of no bytes
    return 0;
  }
  static std::uint32_t environ_get(const guest_memory&, std::span<const wasmtime_val_t>) { return 0; }

  static constexpr host_function host[] = {{"emscripten_resize_heap", &host::resize_heap},
                                           {"environ_sizes_get", &environ_sizes_get},
                                           {"environ_get", &environ_get}};

 public:
  static constexpr guest_module what{.file = "sql.js", .host = host};
  /// 50,000 numbers, a third of them deleted again.
  static constexpr std::string_view right = "33334 833366667 row 50000";

  static std::string work(const guest& sqlite) {
    sqlite.run("emscripten_stack_init");
    sqlite.run("__set_stack_limits",
               {sqlite.call("emscripten_stack_get_base", {}), sqlite.call("emscripten_stack_get_end", {})});
    sqlite.run("__wasm_call_ctors");
    const std::uint32_t out = sqlite.call("malloc", {4});
    expect_success(sqlite.call("sqlite3_open", {text(sqlite, ":memory:"), out}));
    const std::uint32_t database = sqlite.memory().word(out);
    for (const char* const each : {"pragma temp_store = 2", "pragma journal_mode = off",  // neither asks for a file
                                   "create table t (a integer primary key, b text, c blob)",
                                   "with recursive n(i) as (select 1 union all select i + 1 from n where i < 50000)"
                                   " insert into t select i, 'row ' || i, zeroblob(300) from n",
                                   "create index b on t (b)", "delete from t where a % 3 = 0"})
      expect_success(sqlite.call("sqlite3_exec", {database, text(sqlite, each), 0, 0, 0}));
    const std::uint32_t query = text(sqlite, "select count(*), sum(a), (select b from t order by a desc) from t");
    expect_success(sqlite.call("sqlite3_prepare_v2", {database, query, -1, out, 0}));
    const std::uint32_t statement = sqlite.memory().word(out);
    constexpr std::uint32_t there_is_a_row = 100;
    if (sqlite.call("sqlite3_step", {statement}) != there_is_a_row) throw std::runtime_error("SQLite has no row");
    std::string row;
    for (std::int64_t column : {0, 1, 2})
      row += (column == 0 ? "" : " ") + sqlite.memory().text(sqlite.call("sqlite3_column_text", {statement, column}));
    return row;
  }

 private:
  static std::uint32_t text(const guest& sqlite, std::string_view words) {
    const std::uint32_t address = sqlite.call("malloc", {static_cast<std::int64_t>(words.size() + 1)});
    sqlite.memory().write(address, std::string(words) + '\0');
    return address;
  }
  static void expect_success(std::uint32_t status) {
    if (status != 0) throw std::runtime_error("SQLite returns " + std::to_string(status));
  }
};

}  // namespace quire::test
