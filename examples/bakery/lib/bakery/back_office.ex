defmodule Bakery.BackOffice do
  @moduledoc """
  Everything the bakery's back office does, grown over the years into one module.

  It is here to be split: recipes, stock, orders, invoices, shifts, deliveries, loyalty and reports share a file, a few
  attributes and little else.
  """

  require Logger

  alias Bakery.BackOffice.Money

  @currency "EUR"
  @opening_hour 6
  @closing_hour 18

  # ---------------------------------------------------------------------------
  # Recipes
  # ---------------------------------------------------------------------------

  @recipe_units [:g, :kg, :ml, :l, :piece]
  @max_ingredients 40

  @doc "A new recipe, or the reasons why it is none."
  def new_recipe(attrs) do
    recipe = %{
      id: recipe_id(attrs),
      name: String.trim(Map.get(attrs, :name, "")),
      ingredients: Map.get(attrs, :ingredients, []),
      oven: Map.get(attrs, :oven, 220),
      minutes: Map.get(attrs, :minutes, 30),
      yields: Map.get(attrs, :yields, 1)
    }

    case recipe_errors(recipe) do
      [] -> {:ok, recipe}
      errors -> {:error, errors}
    end
  end

  defp recipe_id(%{id: id}), do: id

  defp recipe_id(attrs) do
    attrs
    |> Map.get(:name, "")
    |> String.downcase()
    |> String.replace(~r/[^a-z0-9]+/, "-")
    |> String.trim("-")
  end

  defp recipe_errors(recipe) do
    []
    |> require_that(recipe.name != "", "a recipe needs a name")
    |> require_that(recipe.ingredients != [], "a recipe needs an ingredient")
    |> require_that(length(recipe.ingredients) <= @max_ingredients, "too many ingredients")
    |> require_that(recipe.oven in 80..320, "no oven bakes at #{recipe.oven} degrees")
    |> require_that(recipe.minutes > 0, "baking takes time")
    |> require_that(Enum.all?(recipe.ingredients, &recipe_ingredient?/1), "an ingredient has no amount")
    |> Enum.reverse()
  end

  defp recipe_ingredient?(%{sku: sku, amount: amount, unit: unit}) do
    is_binary(sku) and is_number(amount) and amount > 0 and unit in @recipe_units
  end

  defp recipe_ingredient?(_other), do: false

  @doc "The same recipe for another number of pieces."
  def scale_recipe(recipe, pieces) when pieces > 0 do
    factor = pieces / recipe.yields

    ingredients =
      Enum.map(recipe.ingredients, fn ingredient ->
        recipe_round(%{ingredient | amount: ingredient.amount * factor})
      end)

    %{recipe | ingredients: ingredients, yields: pieces}
  end

  defp recipe_round(%{unit: :piece} = ingredient) do
    %{ingredient | amount: ceil(ingredient.amount)}
  end

  defp recipe_round(ingredient) do
    %{ingredient | amount: Float.round(ingredient.amount * 1.0, 1)}
  end

  @doc "Grams and millilitres in place of kilograms and litres."
  def normalize_recipe(recipe) do
    %{recipe | ingredients: Enum.map(recipe.ingredients, &recipe_base_unit/1)}
  end

  defp recipe_base_unit(%{unit: :kg} = ingredient) do
    %{ingredient | unit: :g, amount: ingredient.amount * 1000}
  end

  defp recipe_base_unit(%{unit: :l} = ingredient) do
    %{ingredient | unit: :ml, amount: ingredient.amount * 1000}
  end

  defp recipe_base_unit(ingredient), do: ingredient

  @doc "Skus that a recipe needs, with amounts in base units."
  def recipe_needs(recipe) do
    recipe
    |> normalize_recipe()
    |> Map.fetch!(:ingredients)
    |> Enum.reduce(%{}, fn %{sku: sku, amount: amount}, needs ->
      Map.update(needs, sku, amount, &(&1 + amount))
    end)
  end

  @doc "Recipes that need none of the given skus."
  def recipes_without(recipes, skus) do
    forbidden = MapSet.new(skus)

    Enum.filter(recipes, fn recipe ->
      recipe.ingredients |> Enum.map(& &1.sku) |> MapSet.new() |> MapSet.disjoint?(forbidden)
    end)
  end

  @doc "Recipes by the temperature of the oven, so that batches follow each other without waiting."
  def bake_plan(recipes) do
    recipes
    |> Enum.group_by(& &1.oven)
    |> Enum.sort_by(fn {oven, _recipes} -> -oven end)
    |> Enum.map(fn {oven, batch} -> %{oven: oven, recipes: batch, minutes: batch_minutes(batch)} end)
  end

  defp batch_minutes(batch) do
    batch |> Enum.map(& &1.minutes) |> Enum.max(fn -> 0 end)
  end

  @doc "A recipe as text for the wall."
  def recipe_card(recipe) do
    lines = Enum.map(recipe.ingredients, &recipe_line/1)
    Enum.join(["#{recipe.name} (#{recipe.yields})", "" | lines] ++ ["", recipe_oven_line(recipe)], "\n")
  end

  defp recipe_line(%{sku: sku, amount: amount, unit: :piece}), do: "#{amount} × #{sku}"
  defp recipe_line(%{sku: sku, amount: amount, unit: unit}), do: "#{amount} #{unit} #{sku}"

  defp recipe_oven_line(recipe), do: "#{recipe.minutes} min at #{recipe.oven} °C"

  # ---------------------------------------------------------------------------
  # Labels
  # ---------------------------------------------------------------------------

  @allergens %{"flour" => :gluten, "milk" => :milk, "cream" => :milk, "butter" => :milk, "egg" => :egg, "nuts" => :nuts}
  @label_width 32
  @energy %{"flour" => 3.4, "sugar" => 4.0, "butter" => 7.2, "milk" => 0.6, "egg" => 1.5}

  @doc "Allergens of a recipe, sorted."
  def allergens(recipe) do
    recipe.ingredients
    |> Enum.map(&Map.get(@allergens, &1.sku))
    |> Enum.reject(&is_nil/1)
    |> Enum.uniq()
    |> Enum.sort()
  end

  @doc "Whether somebody with these allergies can eat it."
  def safe_for?(recipe, allergies), do: Enum.all?(allergies, &(&1 not in allergens(recipe)))

  @doc "Kilocalories of one piece."
  def energy(recipe) do
    total =
      recipe
      |> recipe_needs()
      |> Enum.map(fn {sku, amount} -> Map.get(@energy, sku, 0) * amount end)
      |> Enum.sum()

    round(total / recipe.yields)
  end

  @doc "The label of a product."
  def label(recipe, price, day) do
    [
      label_center(recipe.name),
      label_center(Money.format(price, @currency)),
      label_line("energy", "#{energy(recipe)} kcal"),
      label_line("baked", Date.to_iso8601(day)),
      label_allergens(allergens(recipe))
    ]
    |> List.flatten()
    |> Enum.join("\n")
  end

  defp label_center(text) do
    left = div(max(@label_width - String.length(text), 0), 2)
    String.duplicate(" ", left) <> text
  end

  defp label_line(name, value), do: String.pad_trailing(name, @label_width - String.length(value)) <> value

  defp label_allergens([]), do: []
  defp label_allergens(allergens), do: ["contains: " <> Enum.map_join(allergens, ", ", &to_string/1)]

  @doc "Labels of all recipes, for one print."
  def label_sheet(recipes, prices, day) do
    Enum.map_join(recipes, "\n\n", fn recipe -> label(recipe, Map.fetch!(prices, recipe.id), day) end)
  end

  # ---------------------------------------------------------------------------
  # Stock
  # ---------------------------------------------------------------------------

  @low_stock 0.2
  @shelf_days %{"milk" => 5, "cream" => 4, "yeast" => 14, "flour" => 180, "sugar" => 720}

  @doc "An empty stock."
  def new_stock, do: %{items: %{}, movements: []}

  @doc "Puts a delivery of goods on the shelf."
  def receive_goods(stock, sku, amount, day) when amount > 0 do
    batch = %{amount: amount, received: day, expires: expiry_of(sku, day)}

    stock
    |> update_item(sku, fn item -> %{item | batches: item.batches ++ [batch]} end)
    |> record_movement(sku, amount, day, :received)
  end

  defp expiry_of(sku, day), do: Date.add(day, Map.get(@shelf_days, sku, 30))

  defp update_item(stock, sku, fun) do
    item = Map.get(stock.items, sku, %{sku: sku, batches: [], capacity: 0})
    %{stock | items: Map.put(stock.items, sku, fun.(item))}
  end

  defp record_movement(stock, sku, amount, day, reason) do
    movement = %{sku: sku, amount: amount, day: day, reason: reason}
    %{stock | movements: [movement | stock.movements]}
  end

  @doc "How much of a sku fits on its shelf."
  def set_capacity(stock, sku, capacity) do
    update_item(stock, sku, fn item -> %{item | capacity: capacity} end)
  end

  @doc "Takes goods from the oldest batches; refuses when there is too little."
  def take_goods(stock, sku, amount, day) do
    if on_hand(stock, sku) < amount do
      {:error, {:out_of_stock, sku}}
    else
      taken =
        stock
        |> update_item(sku, fn item -> %{item | batches: take_batches(item.batches, amount)} end)
        |> record_movement(sku, -amount, day, :used)

      {:ok, taken}
    end
  end

  defp take_batches(batches, amount) when amount <= 0, do: batches
  defp take_batches([], _amount), do: []

  defp take_batches([batch | rest], amount) when batch.amount <= amount do
    take_batches(rest, amount - batch.amount)
  end

  defp take_batches([batch | rest], amount), do: [%{batch | amount: batch.amount - amount} | rest]

  @doc "What is there of a sku."
  def on_hand(stock, sku) do
    case stock.items do
      %{^sku => item} -> batch_total(item.batches)
      _ -> 0
    end
  end

  defp batch_total(batches), do: batches |> Enum.map(& &1.amount) |> Enum.sum()

  @doc "Takes everything that a recipe needs, or nothing."
  def take_for_recipe(stock, recipe, day) do
    recipe
    |> recipe_needs()
    |> Enum.reduce_while({:ok, stock}, fn {sku, amount}, {:ok, stock} ->
      case take_goods(stock, sku, amount, day) do
        {:ok, stock} -> {:cont, {:ok, stock}}
        {:error, reason} -> {:halt, {:error, reason}}
      end
    end)
  end

  @doc "Throws away what is past its day."
  def discard_expired(stock, day) do
    Enum.reduce(stock.items, stock, fn {sku, item}, stock ->
      {expired, fresh} = Enum.split_with(item.batches, &expired?(&1, day))
      discard_batches(stock, sku, expired, fresh, day)
    end)
  end

  defp expired?(batch, day), do: Date.compare(batch.expires, day) == :lt

  defp discard_batches(stock, _sku, [], _fresh, _day), do: stock

  defp discard_batches(stock, sku, expired, fresh, day) do
    Logger.info("discarding #{batch_total(expired)} of #{sku}")

    stock
    |> update_item(sku, fn item -> %{item | batches: fresh} end)
    |> record_movement(sku, -batch_total(expired), day, :discarded)
  end

  @doc "Skus that should be ordered, with the amount that fills the shelf."
  def reorder_list(stock) do
    stock.items
    |> Map.values()
    |> Enum.filter(&low?/1)
    |> Enum.map(fn item -> {item.sku, item.capacity - batch_total(item.batches)} end)
    |> Enum.sort()
  end

  defp low?(%{capacity: 0}), do: false
  defp low?(item), do: batch_total(item.batches) < item.capacity * @low_stock

  @doc "What was counted against what should be there."
  def stock_difference(stock, counted) do
    for {sku, amount} <- counted, amount != on_hand(stock, sku), into: %{} do
      {sku, amount - on_hand(stock, sku)}
    end
  end

  @doc "Sets a sku to what was counted."
  def correct_stock(stock, sku, counted, day) do
    difference = counted - on_hand(stock, sku)
    batch = %{amount: counted, received: day, expires: expiry_of(sku, day)}

    stock
    |> update_item(sku, fn item -> %{item | batches: [batch]} end)
    |> record_movement(sku, difference, day, :counted)
  end

  # ---------------------------------------------------------------------------
  # Suppliers
  # ---------------------------------------------------------------------------

  @supplier_rating_start 3.0
  @rating_weight 0.2
  @late_penalty 0.5

  @doc "A supplier with a price list."
  def new_supplier(name, prices, opts \\ []) do
    %{
      name: name,
      prices: prices,
      minimum: Keyword.get(opts, :minimum, 0),
      days: Keyword.get(opts, :days, 2),
      rating: @supplier_rating_start
    }
  end

  @doc "Suppliers that have a sku, the best offer first."
  def offers(suppliers, sku) do
    suppliers
    |> Enum.filter(&Map.has_key?(&1.prices, sku))
    |> Enum.sort_by(&offer_score(&1, sku))
  end

  defp offer_score(supplier, sku), do: Map.fetch!(supplier.prices, sku) / supplier.rating

  @doc "Purchases that fill the shelves, one for each supplier."
  def purchases(stock, suppliers, day) do
    stock
    |> reorder_list()
    |> Enum.group_by(fn {sku, _amount} -> best_supplier(suppliers, sku) end)
    |> Map.delete(nil)
    |> Enum.map(fn {supplier, items} -> purchase(supplier, items, day) end)
    |> Enum.filter(&above_minimum?/1)
  end

  defp best_supplier(suppliers, sku), do: suppliers |> offers(sku) |> List.first()

  defp purchase(supplier, items, day) do
    %{
      supplier: supplier,
      items: items,
      cents: items |> Enum.map(&purchase_cents(supplier, &1)) |> Enum.sum() |> round(),
      expected: Date.add(day, supplier.days)
    }
  end

  defp purchase_cents(supplier, {sku, amount}), do: Map.fetch!(supplier.prices, sku) * amount

  defp above_minimum?(purchase), do: purchase.cents >= purchase.supplier.minimum

  @doc "Books a purchase into the stock and rates its supplier."
  def receive_purchase(stock, purchase, day) do
    stock = Enum.reduce(purchase.items, stock, fn {sku, amount}, stock -> receive_goods(stock, sku, amount, day) end)
    {stock, rate_supplier(purchase.supplier, purchase, day)}
  end

  @doc "A supplier's rating after a delivery."
  def rate_supplier(supplier, purchase, day) do
    late = max(Date.diff(day, purchase.expected), 0)
    grade = max(5.0 - late * @late_penalty, 1.0)
    %{supplier | rating: Float.round(supplier.rating * (1 - @rating_weight) + grade * @rating_weight, 2)}
  end

  @doc "Suppliers that should be replaced."
  def poor_suppliers(suppliers), do: Enum.filter(suppliers, &(&1.rating < 2.0))

  @doc "A purchase as text for the mail."
  def purchase_mail(purchase) do
    lines = Enum.map(purchase.items, fn {sku, amount} -> "#{amount} #{sku}" end)
    Enum.join(["To #{purchase.supplier.name}" | lines] ++ ["until #{purchase.expected}"], "\n")
  end

  # ---------------------------------------------------------------------------
  # Orders
  # ---------------------------------------------------------------------------

  @order_states [:draft, :placed, :baking, :ready, :collected, :cancelled]
  @order_steps %{
    draft: [:placed, :cancelled],
    placed: [:baking, :cancelled],
    baking: [:ready],
    ready: [:collected],
    collected: [],
    cancelled: []
  }
  @max_order_lines 50

  @doc "An order that nobody has placed yet."
  def new_order(customer, opts \\ []) do
    %{
      id: Keyword.get_lazy(opts, :id, &order_number/0),
      customer: customer,
      lines: [],
      state: :draft,
      due: Keyword.get(opts, :due),
      notes: Keyword.get(opts, :notes, ""),
      history: []
    }
  end

  defp order_number, do: "O-#{System.unique_integer([:positive])}"

  @doc "Adds pieces of a product; the same product is one line."
  def add_line(order, product, pieces \\ 1)

  def add_line(%{state: :draft} = order, product, pieces) when pieces > 0 do
    if length(order.lines) >= @max_order_lines do
      {:error, :too_many_lines}
    else
      {:ok, %{order | lines: merge_line(order.lines, product, pieces)}}
    end
  end

  def add_line(%{state: state}, _product, _pieces), do: {:error, {:not_a_draft, state}}

  defp merge_line([], product, pieces), do: [order_line(product, pieces)]

  defp merge_line([%{sku: sku} = line | rest], %{sku: sku}, pieces) do
    [%{line | pieces: line.pieces + pieces} | rest]
  end

  defp merge_line([line | rest], product, pieces), do: [line | merge_line(rest, product, pieces)]

  defp order_line(product, pieces) do
    %{sku: product.sku, name: product.name, price: product.price, pieces: pieces}
  end

  @doc "Takes a product out of a draft."
  def remove_line(%{state: :draft} = order, sku) do
    {:ok, %{order | lines: Enum.reject(order.lines, &(&1.sku == sku))}}
  end

  def remove_line(%{state: state}, _sku), do: {:error, {:not_a_draft, state}}

  @doc "Places an order that has lines and a time within opening hours."
  def place_order(order, now) do
    with :ok <- order_has_lines(order),
         :ok <- order_due_is_open(order, now) do
      move_order(order, :placed, now)
    end
  end

  defp order_has_lines(%{lines: []}), do: {:error, :empty}
  defp order_has_lines(_order), do: :ok

  defp order_due_is_open(%{due: nil}, _now), do: :ok

  defp order_due_is_open(%{due: due}, now) do
    cond do
      NaiveDateTime.compare(due, now) == :lt -> {:error, :in_the_past}
      not open_at?(due) -> {:error, :closed}
      true -> :ok
    end
  end

  @doc "Moves an order to its next state."
  def move_order(order, state, now) when state in @order_states do
    if state in Map.fetch!(@order_steps, order.state) do
      {:ok, %{order | state: state, history: [{now, order.state} | order.history]}}
    else
      {:error, {:no_way, order.state, state}}
    end
  end

  @doc "Cancels an order, as long as nothing is in the oven."
  def cancel_order(order, now), do: move_order(order, :cancelled, now)

  @doc "What an order costs, in cents."
  def order_total(order) do
    order.lines |> Enum.map(&line_total/1) |> Enum.sum()
  end

  defp line_total(line), do: line.price * line.pieces

  @doc "Orders that wait for the oven, the most urgent first."
  def baking_queue(orders) do
    orders
    |> Enum.filter(&(&1.state == :placed))
    |> Enum.sort_by(&order_urgency/1)
  end

  defp order_urgency(%{due: nil, id: id}), do: {1, id}
  defp order_urgency(%{due: due, id: id}), do: {0, NaiveDateTime.to_iso8601(due), id}

  @doc "Pieces of each product that the given orders need."
  def pieces_needed(orders) do
    for order <- orders, line <- order.lines, reduce: %{} do
      pieces -> Map.update(pieces, line.sku, line.pieces, &(&1 + line.pieces))
    end
  end

  @doc "An order as text for the counter."
  def order_slip(order) do
    lines = Enum.map(order.lines, &slip_line/1)
    total = "total #{Money.format(order_total(order), @currency)}"
    Enum.join(["#{order.id} for #{order.customer}" | lines] ++ [total], "\n")
  end

  defp slip_line(line) do
    String.pad_leading("#{line.pieces}", 3) <> " " <> String.pad_trailing(line.name, 24) <> Money.format(line_total(line), @currency)
  end

  # ---------------------------------------------------------------------------
  # Invoices
  # ---------------------------------------------------------------------------

  @vat_rates %{standard: 0.19, reduced: 0.07}
  @reduced_skus ~w(bread roll baguette pretzel)
  @payment_days 14
  @reminder_fee 500

  @doc "The invoice of a collected order."
  def invoice(order, day) do
    lines = Enum.map(order.lines, &invoice_line/1)

    %{
      number: invoice_number(order, day),
      customer: order.customer,
      day: day,
      due: Date.add(day, @payment_days),
      lines: lines,
      net: sum_of(lines, :net),
      vat: sum_of(lines, :vat),
      paid: 0,
      reminders: 0
    }
  end

  defp invoice_number(order, day), do: "#{day.year}-#{String.replace(order.id, "O-", "")}"

  defp invoice_line(line) do
    rate = vat_rate(line.sku)
    gross = line_total(line)
    net = round(gross / (1 + rate))
    %{name: line.name, pieces: line.pieces, rate: rate, net: net, vat: gross - net}
  end

  defp vat_rate(sku) when sku in @reduced_skus, do: @vat_rates.reduced
  defp vat_rate(_sku), do: @vat_rates.standard

  defp sum_of(lines, key), do: lines |> Enum.map(&Map.fetch!(&1, key)) |> Enum.sum()

  @doc "What an invoice asks for, in cents."
  def invoice_total(invoice), do: invoice.net + invoice.vat + invoice.reminders * @reminder_fee

  @doc "What is still to be paid."
  def open_amount(invoice), do: max(invoice_total(invoice) - invoice.paid, 0)

  @doc "Books a payment; what is too much comes back."
  def pay_invoice(invoice, cents) when cents > 0 do
    open = open_amount(invoice)
    booked = min(cents, open)
    {%{invoice | paid: invoice.paid + booked}, cents - booked}
  end

  @doc "Whether nothing is open."
  def invoice_paid?(invoice), do: open_amount(invoice) == 0

  @doc "Invoices past their day with something open."
  def overdue_invoices(invoices, day) do
    Enum.filter(invoices, fn invoice ->
      not invoice_paid?(invoice) and Date.compare(invoice.due, day) == :lt
    end)
  end

  @doc "Reminds: one more fee, and a new day."
  def remind_invoice(invoice, day) do
    if invoice_paid?(invoice) do
      {:error, :paid}
    else
      {:ok, %{invoice | reminders: invoice.reminders + 1, due: Date.add(day, @payment_days)}}
    end
  end

  @doc "Value added tax by rate."
  def vat_summary(invoices) do
    for invoice <- invoices, line <- invoice.lines, reduce: %{} do
      sums -> Map.update(sums, line.rate, line.vat, &(&1 + line.vat))
    end
  end

  @doc "The letter that goes with an overdue invoice."
  def reminder_letter(invoice) do
    """
    Dear #{invoice.customer},

    invoice #{invoice.number} of #{invoice.day} is still open. Please pay
    #{Money.format(open_amount(invoice), @currency)} by #{invoice.due}.

    #{reminder_tone(invoice.reminders)}
    """
  end

  defp reminder_tone(0), do: "If you have paid meanwhile, take this as settled."
  defp reminder_tone(1), do: "This is the second letter."
  defp reminder_tone(_many), do: "We will stop deliveries until the invoice is paid."

  @doc "An invoice as rows for the tax office."
  def invoice_rows(invoice) do
    Enum.map(invoice.lines, fn line ->
      [invoice.number, Date.to_iso8601(invoice.day), line.name, percent(line.rate), cents(line.net), cents(line.vat)]
    end)
  end

  defp percent(rate), do: "#{round(rate * 100)} %"
  defp cents(amount), do: Money.format(amount, @currency)

  # ---------------------------------------------------------------------------
  # Shifts
  # ---------------------------------------------------------------------------

  @shift_hours 8
  @rest_hours 11
  @night_hours 0..5
  @night_bonus 1.25

  @doc "A shift of one person."
  def new_shift(person, starts, hours \\ @shift_hours) do
    %{person: person, starts: starts, ends: NaiveDateTime.add(starts, hours * 3600), breaks: []}
  end

  @doc "Whether the bakery is open at a moment."
  def open_at?(moment), do: moment.hour >= @opening_hour and moment.hour < @closing_hour

  @doc "Notes a break within a shift."
  def add_break(shift, from, to) do
    if within_shift?(shift, from) and within_shift?(shift, to) and NaiveDateTime.compare(from, to) == :lt do
      {:ok, %{shift | breaks: [{from, to} | shift.breaks]}}
    else
      {:error, :outside_of_shift}
    end
  end

  defp within_shift?(shift, moment) do
    NaiveDateTime.compare(moment, shift.starts) != :lt and NaiveDateTime.compare(moment, shift.ends) != :gt
  end

  @doc "Hours worked, without breaks."
  def hours_worked(shift) do
    breaks = shift.breaks |> Enum.map(fn {from, to} -> hours_between(from, to) end) |> Enum.sum()
    hours_between(shift.starts, shift.ends) - breaks
  end

  defp hours_between(from, to), do: NaiveDateTime.diff(to, from) / 3600

  @doc "Shifts that follow each other without enough rest."
  def rest_violations(shifts) do
    shifts
    |> Enum.group_by(& &1.person)
    |> Enum.flat_map(fn {_person, own} -> own |> sort_shifts() |> too_close() end)
  end

  defp sort_shifts(shifts), do: Enum.sort_by(shifts, &NaiveDateTime.to_iso8601(&1.starts))

  defp too_close(shifts) do
    shifts
    |> Enum.zip(Enum.drop(shifts, 1))
    |> Enum.filter(fn {first, second} -> hours_between(first.ends, second.starts) < @rest_hours end)
  end

  @doc "Pay of a shift, in cents."
  def shift_pay(shift, cents_per_hour) do
    night = night_hours(shift)
    day = hours_worked(shift) - night
    round(day * cents_per_hour + night * cents_per_hour * @night_bonus)
  end

  defp night_hours(shift) do
    0..max(trunc(hours_between(shift.starts, shift.ends)) - 1, 0)
    |> Enum.count(fn hour -> NaiveDateTime.add(shift.starts, hour * 3600).hour in @night_hours end)
  end

  @doc "Pay of everybody."
  def payroll(shifts, wages) do
    Enum.reduce(shifts, %{}, fn shift, pay ->
      cents = shift_pay(shift, Map.fetch!(wages, shift.person))
      Map.update(pay, shift.person, cents, &(&1 + cents))
    end)
  end

  @doc "Hours of a day in which nobody works."
  def uncovered_hours(shifts, day) do
    Enum.reject(@opening_hour..(@closing_hour - 1), fn hour ->
      {:ok, moment} = NaiveDateTime.new(day, Time.new!(hour, 0, 0))
      Enum.any?(shifts, &covers?(&1, moment))
    end)
  end

  defp covers?(shift, moment) do
    within_shift?(shift, moment) and NaiveDateTime.compare(moment, shift.ends) == :lt
  end

  @doc "Two people change their shifts."
  def swap_shifts(shifts, one, other) do
    Enum.map(shifts, fn
      ^one -> %{one | person: other.person}
      ^other -> %{other | person: one.person}
      shift -> shift
    end)
  end

  @doc "The week as text for the wall."
  def shift_plan(shifts) do
    shifts
    |> sort_shifts()
    |> Enum.map_join("\n", fn shift -> "#{shift_day(shift)} #{shift_time(shift)} #{shift.person}" end)
  end

  defp shift_day(shift), do: Date.to_iso8601(NaiveDateTime.to_date(shift.starts))
  defp shift_time(shift), do: "#{clock(shift.starts)}-#{clock(shift.ends)}"
  defp clock(moment), do: moment |> NaiveDateTime.to_time() |> Time.to_string() |> String.slice(0, 5)

  # ---------------------------------------------------------------------------
  # Deliveries
  # ---------------------------------------------------------------------------

  @van_capacity 120
  @depot {0.0, 0.0}
  @km_per_minute 0.5
  @stop_minutes 4

  @doc "A stop of a tour."
  def new_stop(order, {x, y}) do
    %{order: order.id, customer: order.customer, place: {x, y}, pieces: stop_pieces(order), done: nil}
  end

  defp stop_pieces(order), do: order.lines |> Enum.map(& &1.pieces) |> Enum.sum()

  @doc "Splits stops into tours that fit the van, nearest next."
  def plan_tours(stops) do
    stops
    |> nearest_next(@depot, [])
    |> Enum.chunk_while({[], 0}, &load_van/2, &last_van/1)
    |> Enum.map(&new_tour/1)
  end

  defp nearest_next([], _place, ordered), do: Enum.reverse(ordered)

  defp nearest_next(stops, place, ordered) do
    next = Enum.min_by(stops, &distance(&1.place, place))
    nearest_next(List.delete(stops, next), next.place, [next | ordered])
  end

  defp distance({x1, y1}, {x2, y2}), do: :math.sqrt((x1 - x2) * (x1 - x2) + (y1 - y2) * (y1 - y2))

  defp load_van(stop, {stops, pieces}) do
    if pieces + stop.pieces > @van_capacity and stops != [] do
      {:cont, Enum.reverse(stops), {[stop], stop.pieces}}
    else
      {:cont, {[stop | stops], pieces + stop.pieces}}
    end
  end

  defp last_van({[], _pieces}), do: {:cont, {[], 0}}
  defp last_van({stops, _pieces}), do: {:cont, Enum.reverse(stops), {[], 0}}

  defp new_tour(stops), do: %{stops: stops, km: tour_km(stops), driver: nil}

  @doc "Kilometres from the depot through all stops and back."
  def tour_km(stops) do
    places = [@depot | Enum.map(stops, & &1.place)] ++ [@depot]

    places
    |> Enum.zip(Enum.drop(places, 1))
    |> Enum.map(fn {from, to} -> distance(from, to) end)
    |> Enum.sum()
    |> Float.round(1)
  end

  @doc "Minutes that a tour takes."
  def tour_minutes(tour), do: round(tour.km / @km_per_minute) + length(tour.stops) * @stop_minutes

  @doc "Gives a tour to a driver who has time for it."
  def assign_driver(tour, driver, free_minutes) do
    if tour_minutes(tour) <= free_minutes do
      {:ok, %{tour | driver: driver}}
    else
      {:error, {:too_long, tour_minutes(tour)}}
    end
  end

  @doc "Notes that a stop is done."
  def complete_stop(tour, order_id, moment) do
    %{tour | stops: Enum.map(tour.stops, &complete_if(&1, order_id, moment))}
  end

  defp complete_if(%{order: order_id} = stop, order_id, moment), do: %{stop | done: moment}
  defp complete_if(stop, _order_id, _moment), do: stop

  @doc "Stops that wait."
  def open_stops(tour), do: Enum.filter(tour.stops, &is_nil(&1.done))

  @doc "When each stop can expect the van."
  def arrival_times(tour, start) do
    {times, _last} =
      Enum.map_reduce(tour.stops, {start, @depot}, fn stop, {moment, place} ->
        arrival = NaiveDateTime.add(moment, travel_seconds(place, stop.place))
        {{stop.order, arrival}, {NaiveDateTime.add(arrival, @stop_minutes * 60), stop.place}}
      end)

    times
  end

  defp travel_seconds(from, to), do: round(distance(from, to) / @km_per_minute * 60)

  @doc "What a tour costs, in cents."
  def tour_cost(tour, cents_per_km, cents_per_hour) do
    round(tour.km * cents_per_km + tour_minutes(tour) / 60 * cents_per_hour)
  end

  @doc "A tour as text for the driver."
  def tour_sheet(tour) do
    header = "driver: #{tour.driver || "nobody yet"}, #{tour.km} km"
    Enum.join([header | Enum.map(tour.stops, &stop_line/1)], "\n")
  end

  defp stop_line(stop), do: "#{stop_mark(stop)} #{stop.order} #{stop.customer} (#{stop.pieces})"
  defp stop_mark(%{done: nil}), do: "[ ]"
  defp stop_mark(_stop), do: "[x]"

  # ---------------------------------------------------------------------------
  # Loyalty
  # ---------------------------------------------------------------------------

  @points_per_euro 2
  @tiers [gold: 1_000, silver: 400, bronze: 100, none: 0]
  @tier_discounts %{gold: 0.1, silver: 0.05, bronze: 0.02, none: 0.0}
  @points_last_days 365

  @doc "A loyalty card without points."
  def new_card(customer), do: %{customer: customer, entries: [], redeemed: 0}

  @doc "Points for an order."
  def collect_points(card, order, day) do
    points = points_for(order_total(order))
    %{card | entries: [%{points: points, day: day} | card.entries]}
  end

  defp points_for(cents), do: div(cents, 100) * @points_per_euro

  @doc "Points that can be spent on a day."
  def points(card, day) do
    collected = card.entries |> Enum.reject(&lapsed?(&1, day)) |> Enum.map(& &1.points) |> Enum.sum()
    max(collected - card.redeemed, 0)
  end

  defp lapsed?(entry, day), do: Date.diff(day, entry.day) > @points_last_days

  @doc "Gold, silver, bronze or none."
  def tier(card, day) do
    own = points(card, day)
    {tier, _least} = Enum.find(@tiers, fn {_tier, least} -> own >= least end)
    tier
  end

  @doc "Points to the next tier; nil for gold."
  def points_to_next_tier(card, day) do
    own = points(card, day)

    @tiers
    |> Enum.filter(fn {_tier, least} -> least > own end)
    |> List.last()
    |> case do
      nil -> nil
      {tier, least} -> {tier, least - own}
    end
  end

  @doc "What is taken off an order, in cents."
  def discount(card, order, day) do
    rate = Map.fetch!(@tier_discounts, tier(card, day))
    round(order_total(order) * rate)
  end

  @doc "Spends points; refuses when there are too few."
  def redeem_points(card, spent, day) do
    if spent <= points(card, day) do
      {:ok, %{card | redeemed: card.redeemed + spent}}
    else
      {:error, :too_few_points}
    end
  end

  @doc "Points of cards of one customer on one card."
  def merge_cards([first | rest]) do
    Enum.reduce(rest, first, fn card, merged ->
      %{merged | entries: merged.entries ++ card.entries, redeemed: merged.redeemed + card.redeemed}
    end)
  end

  @doc "Cards whose points lapse soon."
  def lapsing_cards(cards, day, within_days) do
    later = Date.add(day, within_days)
    Enum.filter(cards, fn card -> points(card, day) > points(card, later) end)
  end

  @doc "A line that tells the customer where the card stands."
  def card_message(card, day) do
    case points_to_next_tier(card, day) do
      nil -> "#{card.customer}: #{points(card, day)} points, gold"
      {tier, missing} -> "#{card.customer}: #{points(card, day)} points, #{missing} to #{tier}"
    end
  end

  @doc "Birthday points, once a year."
  def birthday_points(card, day, birthday) do
    if {day.month, day.day} == {birthday.month, birthday.day} and not given_this_year?(card, day) do
      %{card | entries: [%{points: 50, day: day, reason: :birthday} | card.entries]}
    else
      card
    end
  end

  defp given_this_year?(card, day) do
    Enum.any?(card.entries, fn entry -> Map.get(entry, :reason) == :birthday and entry.day.year == day.year end)
  end

  # ---------------------------------------------------------------------------
  # Complaints
  # ---------------------------------------------------------------------------

  @complaint_kinds [:burnt, :stale, :wrong_product, :late, :foreign_body]
  @grave_kinds [:foreign_body]
  @complaint_days 3
  @vouchers %{burnt: 300, stale: 300, wrong_product: 500, late: 200, foreign_body: 2_000}

  @doc "A complaint of a customer, or the reasons why it cannot be taken."
  def new_complaint(customer, kind, bought, day) do
    complaint = %{customer: customer, kind: kind, bought: bought, day: day, state: :open, notes: []}

    case complaint_errors(complaint) do
      [] -> {:ok, complaint}
      errors -> {:error, errors}
    end
  end

  defp complaint_errors(complaint) do
    []
    |> require_that(complaint.kind in @complaint_kinds, "nobody can complain about #{complaint.kind}")
    |> require_that(complaint_in_time?(complaint), "it was bought more than #{@complaint_days} days ago")
    |> Enum.reverse()
  end

  defp complaint_in_time?(%{kind: kind}) when kind in @grave_kinds, do: true
  defp complaint_in_time?(complaint), do: Date.diff(complaint.day, complaint.bought) <= @complaint_days

  @doc "Adds what was said to a complaint."
  def note_complaint(complaint, text) do
    case String.trim(text) do
      "" -> complaint
      note -> %{complaint | notes: [note | complaint.notes]}
    end
  end

  @doc "Settles a complaint with a voucher over the usual sum."
  def settle_complaint(%{state: :open} = complaint) do
    {:ok, %{complaint | state: :settled}, complaint_voucher(complaint)}
  end

  def settle_complaint(%{state: state}), do: {:error, {:not_open, state}}

  @doc "Turns a complaint down; a grave one never is."
  def decline_complaint(%{kind: kind}, _reason) when kind in @grave_kinds, do: {:error, :grave}

  def decline_complaint(%{state: :open} = complaint, reason) do
    {:ok, note_complaint(%{complaint | state: :declined}, reason)}
  end

  def decline_complaint(%{state: state}, _reason), do: {:error, {:not_open, state}}

  defp complaint_voucher(complaint) do
    %{customer: complaint.customer, cents: Map.fetch!(@vouchers, complaint.kind), day: complaint.day}
  end

  @doc "Complaints that wait for an answer, the gravest and oldest first."
  def open_complaints(complaints) do
    complaints
    |> Enum.filter(&(&1.state == :open))
    |> Enum.sort_by(fn complaint -> {complaint_weight(complaint), Date.to_gregorian_days(complaint.day)} end)
  end

  defp complaint_weight(%{kind: kind}) when kind in @grave_kinds, do: 0
  defp complaint_weight(_complaint), do: 1

  @doc "Complaints by kind, the most frequent first."
  def complaint_kinds(complaints) do
    complaints
    |> Enum.frequencies_by(& &1.kind)
    |> Enum.sort_by(fn {kind, count} -> {-count, kind} end)
  end

  @doc "Cents that were given back as vouchers."
  def complaint_costs(complaints) do
    complaints
    |> Enum.filter(&(&1.state == :settled))
    |> Enum.map(&complaint_voucher/1)
    |> Enum.map(& &1.cents)
    |> Enum.sum()
  end

  @doc "Customers who complain more often than others do."
  def frequent_complainers(complaints, least \\ 3) do
    for {customer, count} <- Enum.frequencies_by(complaints, & &1.customer), count >= least, do: customer
  end

  @doc "The answer to a complaint as text."
  def complaint_letter(%{state: :settled} = complaint) do
    complaint_text(complaint, "We are sorry. A voucher over #{complaint_euros(complaint)} comes with this letter.")
  end

  def complaint_letter(%{state: :declined} = complaint) do
    complaint_text(complaint, Enum.join(["We looked into it." | Enum.reverse(complaint.notes)], " "))
  end

  def complaint_letter(complaint), do: complaint_text(complaint, "We are looking into it.")

  defp complaint_text(complaint, body) do
    Enum.join(["Dear #{complaint.customer},", "", complaint_subject(complaint), "", body, "", "Your bakery"], "\n")
  end

  defp complaint_subject(%{kind: :burnt}), do: "your loaf was burnt."
  defp complaint_subject(%{kind: :stale}), do: "your loaf was not fresh."
  defp complaint_subject(%{kind: :wrong_product}), do: "you were given something else."
  defp complaint_subject(%{kind: :late}), do: "your order came late."
  defp complaint_subject(%{kind: :foreign_body}), do: "there was something in your loaf."

  defp complaint_euros(complaint), do: complaint |> complaint_voucher() |> Map.fetch!(:cents) |> Money.format(@currency)

  @doc "A complaint as a line of the shift book."
  def complaint_line(complaint) do
    [Date.to_iso8601(complaint.day), complaint.customer, complaint_word(complaint.kind), "#{complaint.state}"]
    |> Enum.reject(&(&1 == ""))
    |> Enum.join("; ")
  end

  defp complaint_word(kind), do: kind |> Atom.to_string() |> String.replace("_", " ")

  @doc "Days that an answer took, on average."
  def complaint_days([]), do: 0.0

  def complaint_days(answers) do
    days = Enum.map(answers, fn {complaint, day} -> Date.diff(day, complaint.day) end)
    Float.round(Enum.sum(days) / length(days), 1)
  end

  @doc "Whether complaints of a kind grew from one month to the next."
  def complaints_growing?(complaints, kind, {year, month}) do
    now = complaints_in(complaints, kind, {year, month})
    now > complaints_in(complaints, kind, month_before({year, month}))
  end

  defp complaints_in(complaints, kind, {year, month}) do
    Enum.count(complaints, fn complaint ->
      complaint.kind == kind and complaint.day.year == year and complaint.day.month == month
    end)
  end

  defp month_before({year, 1}), do: {year - 1, 12}
  defp month_before({year, month}), do: {year, month - 1}

  # ---------------------------------------------------------------------------
  # Reports
  # ---------------------------------------------------------------------------

  @report_width 60
  @top_count 5

  @doc "Cents taken on each day."
  def daily_takings(invoices) do
    Enum.reduce(invoices, %{}, fn invoice, takings ->
      Map.update(takings, invoice.day, invoice.paid, &(&1 + invoice.paid))
    end)
  end

  @doc "The products sold most."
  def top_products(orders, count \\ @top_count) do
    orders
    |> pieces_needed()
    |> Enum.sort_by(fn {sku, pieces} -> {-pieces, sku} end)
    |> Enum.take(count)
  end

  @doc "The customers who spent most."
  def top_customers(orders, count \\ @top_count) do
    orders
    |> Enum.group_by(& &1.customer)
    |> Enum.map(fn {customer, own} -> {customer, own |> Enum.map(&order_total/1) |> Enum.sum()} end)
    |> Enum.sort_by(fn {customer, cents} -> {-cents, customer} end)
    |> Enum.take(count)
  end

  @doc "Orders by the hour they are due."
  def rush_hours(orders) do
    orders
    |> Enum.reject(&is_nil(&1.due))
    |> Enum.frequencies_by(& &1.due.hour)
  end

  @doc "Share of orders that were cancelled."
  def cancellation_rate([]), do: 0.0

  def cancellation_rate(orders) do
    Float.round(Enum.count(orders, &(&1.state == :cancelled)) / length(orders), 3)
  end

  @doc "What was thrown away, by sku."
  def waste(stock) do
    for %{reason: :discarded} = movement <- stock.movements, reduce: %{} do
      waste -> Map.update(waste, movement.sku, -movement.amount, &(&1 - movement.amount))
    end
  end

  @doc "The day in numbers, as text."
  def day_report(orders, invoices, stock, day) do
    [
      report_title("Bakery report for #{Date.to_iso8601(day)}"),
      report_row("takings", Money.format(Map.get(daily_takings(invoices), day, 0), @currency)),
      report_row("orders", "#{length(orders)}"),
      report_row("cancelled", "#{cancellation_rate(orders)}"),
      report_title("Top products"),
      Enum.map(top_products(orders), fn {sku, pieces} -> report_row(sku, "#{pieces}") end),
      report_title("Waste"),
      Enum.map(waste(stock), fn {sku, amount} -> report_row(sku, "#{amount}") end)
    ]
    |> List.flatten()
    |> Enum.join("\n")
  end

  defp report_title(title), do: "\n" <> title <> "\n" <> String.duplicate("-", @report_width)

  defp report_row(label, value) do
    label <> String.duplicate(".", max(@report_width - String.length(label) - String.length(value), 1)) <> value
  end

  @doc "Rows of values as comma-separated text."
  def csv(rows), do: Enum.map_join(rows, "\n", fn row -> Enum.map_join(row, ",", &csv_cell/1) end)

  defp csv_cell(value) do
    text = to_string(value)
    if String.contains?(text, [",", "\"", "\n"]), do: "\"" <> String.replace(text, "\"", "\"\"") <> "\"", else: text
  end

  @doc "All invoices as comma-separated text."
  def export_invoices(invoices) do
    header = ["number", "day", "product", "rate", "net", "vat"]
    csv([header | Enum.flat_map(invoices, &invoice_rows/1)])
  end

  @doc "All movements of the stock as comma-separated text."
  def export_movements(stock) do
    rows = Enum.map(stock.movements, fn m -> [m.day, m.sku, m.amount, m.reason] end)
    csv([["day", "sku", "amount", "reason"] | rows])
  end

  # Adds a reason unless the condition holds.
  defp require_that(errors, true, _reason), do: errors
  defp require_that(errors, false, reason), do: [reason | errors]
end
