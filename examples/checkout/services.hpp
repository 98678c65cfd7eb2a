#pragma once

// The systems of others that the shop calls. Each call carries the token of the attempt: one that comes a second time, after a crash,
// gets the first answer again and has no second effect. Threads: any.

#include "checkout.hpp"
#include "outside_world.hpp"

namespace shop
{
struct bank
{
    outside_world& world;
    receipt charge(const order& o, const std::string& token);
    void refund(const receipt& r, const std::string& token);
};

struct warehouse
{
    outside_world& world;
    reservation reserve(const order& o, const std::string& token);
    void give_back(const reservation& r, const std::string& token);
};

struct carrier
{
    outside_world& world;
    shipment collect(const order& o, const std::string& token);
};

struct notices
{
    outside_world& world;
    void send(const order& o, const std::string& text, const std::string& token);
};
}
