// The same orders, sold twice: by one saga that knows every service, and by events, with services that know none. The services are the same
// functions over the same tables; each way has books of its own there, and at the end they must say the same.
//
//     two_sagas [JOURNAL [N]]      killed at its N-th moment (fate.hpp); started again with the same directory it goes on. Exit status 1: the
//                                  books differ

#include "choreographed.hpp"
#include "desk.hpp"
#include "fate.hpp"
#include "orchestrated.hpp"

#include <everstep/engine.hpp>

#include <iomanip>
#include <iostream>
#include <set>
#include <string>
#include <vector>

using namespace everstep;
using namespace two_sagas;

namespace
{
/// One is sold, one declined, one out of stock when it is paid, and one that nobody carries.
std::vector<order> orders_of(const std::string& books)
{
    return {{books, "order-1", "ann", "shoe", 2, 60, "vienna"},
            {books, "order-2", "bob", "shoe", 1, 30, "vienna"},
            {books, "order-3", "cid", "hat", 3, 90, "vienna"},
            {books, "order-4", "dee", "shoe", 1, 30, "moon"}};
}

/// Nothing where they were opened before.
void open_books(transaction& tx, const std::string& books)
{
    for (const auto& [customer, cents] : {std::pair("ann", 100), {"bob", 10}, {"cid", 100}, {"dee", 100}})
        tx.compare_and_set(accounts, {books, customer}, std::nullopt, cents);
    for (const auto& [sku, pieces] : {std::pair("shoe", 5), {"hat", 1}})
        tx.compare_and_set(stock, {books, sku}, std::nullopt, pieces);
}

std::vector<std::string> rows_of(const engine& shop, const std::string& books)
{
    std::vector<std::string> rows;
    shop.read([&](const table_reader& in) {
        const auto copy = [&](const auto& of) {
            in.prefix(of, books, [&](const page& at, const auto& row) { rows.push_back(of.name() + " " + at.second + " " + encode(row)); });
        };
        copy(accounts);
        copy(payments);
        copy(stock);
        copy(reservations);
        copy(parcels);
        copy(deeds);
    });
    return rows;
}

std::string end_of(const run<void>& sold)
{
    try
    {
        sold.result();
        return "completed";
    }
    catch (const run_failed& e)
    {
        return e.code() + ": " + e.text();
    }
}

std::string end_of(const std::vector<event>& story)
{
    const event& last = story.back();
    return last.subject.empty() ? last.type : last.type + ": " + last.subject;
}

void print(const std::string& what, const std::string& by_saga, const std::string& by_events)
{
    std::cout << std::left << std::setw(13) << what << std::setw(46) << by_saga << by_events << std::endl;
}

void print(const std::vector<std::string>& rows)
{
    for (const std::string& row : rows)
        std::cout << row << std::endl;
}
}

int main(int count, char** arguments)
{
    fate lot(count > 2 ? std::stoi(arguments[2]) : 0);
    desk front;
    engine shop{{.journal = count > 1 ? arguments[1] : ":memory:"}};
    shop.provide(lot);
    shop.add("sell", sell);
    add_dancers(shop);
    front.listen(shop);
    shop.open();

    shop.transact([](transaction& tx) {
        open_books(tx, "saga");
        open_books(tx, "events");
    });
    const auto by_saga = orders_of("saga"), by_events = orders_of("events");
    for (std::size_t i = 0; i < by_saga.size(); ++i)
    {
        shop.start(sell, by_saga[i].id, by_saga[i]);
        lot.moment();
        place(shop, by_events[i]);
        lot.moment();
    }

    print("", "by one saga", "by events");
    std::size_t events = 0;
    std::set<std::string> topics;
    for (std::size_t i = 0; i < by_saga.size(); ++i)
    {
        const std::string end = end_of(shop.run(sell, by_saga[i].id));
        lot.moment();
        const auto story = front.wait_for_end(shop, by_events[i]);
        lot.moment();
        print(by_saga[i].id, end, end_of(story));
        events += story.size();
        for (const event& e : story)
            topics.insert(e.topic);
    }
    print("messages", "0", std::to_string(events) + " events on " + std::to_string(topics.size()) + " topics");
    const order& last = by_saga.back();
    const auto story = story_of(shop, by_events.back());
    print("where it is", "its run: " + std::string(name_of(shop.run(sell, last.id).status().state)), "in events to be put together:");
    for (const event& e : story)
        print("", "", e.topic + ": " + e.type);

    const auto rows = rows_of(shop, "saga"), others = rows_of(shop, "events");
    const bool same = rows == others;
    std::cout << (same ? "the books of both:" : "the books differ; by one saga:") << std::endl;
    print(rows);
    if (same)
        return 0;
    std::cout << "by events:" << std::endl;
    print(others);
    return 1;
}
