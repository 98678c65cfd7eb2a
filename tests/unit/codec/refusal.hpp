#pragma once

#include <string>
#include <string_view>

#include <everstep/codec.hpp>

/// The text of the codec_error that `act` throws; "not refused" when there is none.
template <class Act>
std::string refusal(const Act& act)
{
    try
    {
        act();
    }
    catch (const everstep::codec_error& refused)
    {
        return refused.text();
    }
    return "not refused";
}

template <class T>
std::string encode_refusal(const T& value)
{
    return refusal([&] { everstep::encode(value); });
}

template <class T>
std::string decode_refusal(std::string_view json)
{
    return refusal([&] { everstep::decode<T>(json); });
}
