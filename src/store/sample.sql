-- A few venues of a provider in a box that may cross the antimeridian, best rated first. ix_venues_lat_lng finds them.
-- $1 provider, $2 south, $3 west, $4 north, $5 east, $6 how many.
select name, categories[1] as category, rating, price_level, hours -> 'weekday_text' as weekday_text
from public.venues
where provider_name = $1 and lat between $2 and $4 and (lng between $3 and $5 or ($3 > $5 and (lng >= $3 or lng <= $5)))
order by rating desc nulls last, name limit $6
